"""The pages of a platform's moderators, on the machine that holds a moderator's key (`moderator desk`).

- `workplace`: the vault, the key and the clock. Every decision is signed here, in this process.
- `tip_off`, `decision`, `sanction`, `appeal`, `contest`, `disavowal`, `reinstatement`, `public_account`,
  `reporter`, `month`, `overview`: the pages. A handler reads by the client library and shows values of
  `shown`.
- `form`: how every form acts. A GET shows it with a new request id. A POST acts and leads on, or shows it
  again with what is wrong and the same request id: what is sent twice is done once.
- `statement`: from the fields of a form to the sanction that is signed, which is shown before it is signed.
- `explanation`: refusals in words.
- `pages`: all of it as a value of `console.app.Console`.

Texts of reporters and owners are shown, and never put in an address.
"""
