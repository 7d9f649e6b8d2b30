"""A console: pages for one user, on the machine that holds that user's keys.

A console is a value of `console.app.Console`: texts (with "service", its name), templates, menu and routes. A
route's handler gets a `Visit` (console.visit) and returns a `ConsolePage`, a `GoTo` or a `Download`. It is
blocking code that calls the client library as the commands do; handlers run in a thread, one at a time.
`console.server.serve` runs a console until Ctrl-C. For example:

    def show(visit: Visit) -> Answer:
        found = vault.tip_offs.list()
        return ConsolePage(template="reports.html", title=visit.say("reports"), values={"reports": found})

    def decide(visit: Visit) -> Answer:
        if not visit.given("reason"):
            missing = {"reason": visit.say("required")}
            return ConsolePage(template=..., title=..., values=..., errors=missing, status=422)
        vault.tip_offs.decide(visit.parts["report"], reason=visit.given("reason"))
        return GoTo("/")

    console = Console(
        texts=TEXTS,
        templates=Path(__file__).parent / "templates",
        menu=(("/", "reports"),),
        routes=(Route("GET", "/", show), Route("POST", "/{report}/decision", decide)),
        explain=explain,
    )
    serve(console, folder=own_folder, ready=tell)

What the base does for every console:
* It listens on both loopback addresses and no other, under a random *.localhost name. Name, port and a
  one-time token are in a redirect file of mode 0600 in the user's own folder. The browser that brings the
  token first gets the session's cookie; the session ends with the process.
* It refuses another Host (DNS rebinding), another Origin, a request without the cookie, and a form without
  its token.
* Each form carries that token and a number: write `{{ form_fields }}` into it. A form that led to a `GoTo`
  acts once: sent again, it leads to the same page. A page with `errors` and status 422 shows the form again.
* `ConsolePage.hides` names where the browser goes by itself after some seconds, with or without script.
* `explain` turns an exception into a text in the user's language. An exception that it does not know
  becomes a page that only says that something failed. Nothing is logged.

Templates extend `page.html` and import the fields of forms: `{% from "controls.html" import text with context
%}` (idvault_client.pages). They have `t` (a text by its key), `title`, `errors`, `here` (this address) and
the page's values. Without script everything works; `console.js` leads to a form's errors and prevents double
clicks.
"""
