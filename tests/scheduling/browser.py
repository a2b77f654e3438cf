"""A page in Chromium, where one is installed: what a script sees and does there, without a window."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_ERRORS = """<script>
const errors = [];
window.requestAnimationFrame = (call) => setTimeout(call, 0);  // without a window no frame may ever come
addEventListener("error", (event) => errors.push(String(event.message)));
addEventListener("securitypolicyviolation", (event) => errors.push(event.violatedDirective + " " + event.blockedURI));
</script>"""
_REPORT = """<script>
const later = () => new Promise((done) => setTimeout(done, 50));
(async () => {
  let answer = null;
  try { answer = await (async () => { %s })(); } catch (error) { errors.push(String(error)); }
  const place = document.createElement("pre");
  place.id = "answer";
  place.textContent = JSON.stringify({ answer, errors });
  document.body.append(place);
})();
</script>"""


def asked(page: str, script: str, folder: Path) -> Any:
    """What an asynchronous script returns at the end of a page; skips where there is no browser.

    Fails if the page or the script makes an error, or if the page wants to load something.
    """
    browser = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if browser is None:
        pytest.skip("no Chromium on this machine")
    file = folder / "asked.html"
    told = page.replace("<head>", f"<head>{_ERRORS}", 1).replace("</body>", f"{_REPORT % script}</body>")
    file.write_text(told, encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,900", "--virtual-time-budget=8000"]
    flags.append(f"--user-data-dir={folder / 'profile'}")
    shown = subprocess.run(
        [browser, *flags, "--dump-dom", file.as_uri()], capture_output=True, text=True, timeout=120, check=False
    )
    found = re.search(r'<pre id="answer">(.*?)</pre>', shown.stdout, re.DOTALL)
    assert found is not None, shown.stderr[-2000:]
    document = json.loads(unescape(found.group(1)))
    assert document["errors"] == []
    return document["answer"]
