"""browser.py: a headless Chromium that is told what to do over a pipe (the DevTools protocol), for tests of pages.

    with Browser() as browser:
        browser.open("/tmp/page.html", width=390)
        title = browser.value("document.title")
        complaints = browser.complaints()
"""
import base64
import json
import os
import shutil
import subprocess
import tempfile
import urllib.parse


class Browser:
    def __init__(self):
        self.program = shutil.which("chromium") or shutil.which("google-chrome")
        self.profile = tempfile.mkdtemp()
        self.log = open(os.path.join(self.profile, "log"), "w+b")
        here, commands = os.pipe()
        answers, there = os.pipe()
        options = ["--headless", "--remote-debugging-pipe", "--user-data-dir=" + self.profile, "--no-first-run",
                   "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--disable-background-networking"]
        if os.geteuid() == 0:
            options.append("--no-sandbox")
        # Chromium reads commands from descriptor 3 and answers on 4.
        script = f'exec 3<&{here} 4>&{there}; exec "$@"'
        self.process = subprocess.Popen(["bash", "-c", script, "bash", self.program, *options], pass_fds=(here, there),
                                        stdout=subprocess.DEVNULL, stderr=self.log)
        os.close(here)
        os.close(there)
        self.commands, self.answers = commands, answers
        self.buffer, self.number, self.session, self.events = b"", 0, None, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.commands)
        self.process.terminate()
        self.process.wait()
        os.close(self.answers)
        self.log.close()
        shutil.rmtree(self.profile, ignore_errors=True)

    def _read(self):
        while b"\0" not in self.buffer:
            data = os.read(self.answers, 1 << 20)
            if not data:
                self.log.seek(0)
                raise SystemExit("the browser ended:\n" + self.log.read()[-2000:].decode(errors="replace"))
            self.buffer += data
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        text = json.dumps(message).encode() + b"\0"
        while text:
            text = text[os.write(self.commands, text):]
        while True:
            answer = self._read()
            if answer.get("id") != self.number:
                self.events.append(answer)
            elif "error" in answer:
                raise SystemExit(f"{method}: {answer['error']}")
            else:
                return answer["result"]

    def value(self, expression):
        """What JavaScript says, a promise awaited."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise SystemExit(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def open(self, path, width):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1,
                  mobile=width < 600)
        self.events = []
        self.call("Page.navigate", url="file://" + urllib.parse.quote(path))
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self.events.append(self._read())
        self.settle()

    def prefer(self, scheme):
        """Turns the reader's setting to "light" or "dark" while the page is open."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.settle()

    def settle(self):
        """Waits for two frames: by then those who watch sizes and settings have acted."""
        self.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def complaints(self):
        """Errors, console output, dialogs, and requests for anything but the page itself, since it was opened."""
        found, requests = [], 0
        for event in self.events:
            method, params = event["method"], event.get("params", {})
            if method in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded",
                          "Page.javascriptDialogOpening"):
                found.append(json.dumps(params)[:500])
            elif method == "Network.requestWillBeSent":
                requests += 1
                if requests > 1 or not params["request"]["url"].startswith("file://"):
                    found.append("request: " + params["request"]["url"][:200])
        return found

    def screenshot(self, path):
        image = self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(image))
