// A browser starts no Worker in a page that was opened as a file. There, the search runs in a hidden frame instead.
(function () {
  "use strict";
  if (location.protocol !== "file:") return;

  // What the script of a worker expects around it, inside the frame.
  function prepare(frame) {
    const inner = frame.contentWindow;
    inner.postMessage = (data) => frame.answer(data);
    inner.importScripts = (...urls) =>
      urls.reduce(
        (done, url) =>
          done.then(
            () =>
              new Promise((resolve, reject) => {
                const script = inner.document.createElement("script");
                script.src = url;
                script.onload = resolve;
                script.onerror = reject;
                inner.document.body.append(script);
              }),
          ),
        Promise.resolve(),
      );
    return inner;
  }

  window.IFrameWorker = window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      frame.setAttribute("aria-hidden", "true");
      frame.answer = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      document.body.append(frame);
      this.inner = prepare(frame);
      this.frame = frame;
      this.ready = this.inner.importScripts(String(url));
    }

    postMessage(data) {
      this.ready.then(() => this.inner.dispatchEvent(new this.inner.MessageEvent("message", { data })));
    }

    terminate() {
      this.frame.remove();
    }
  };
})();
