"""Waiting until a page rests: all it asked for has come, its parts too, and nothing moves in it."""

from weakref import WeakKeyDictionary

from playwright.sync_api import BrowserContext, Page, Request

# Parts of a page that load when they are wanted: no script within the page sees them coming.
PARTS = {"script", "stylesheet", "font"}
_coming: WeakKeyDictionary[BrowserContext, set[Request]] = WeakKeyDictionary()

# Long polls never rest. What goes on moving while nothing is asked for is looked at as it moves.
WATCH = """(() => {
  const BEGINS = 120, QUIET = 250, ENOUGH = 1500;
  let open = 0, came = performance.now(), moved = came;
  const ask = window.fetch;
  window.fetch = async (...given) => {
    if (/\\/live\\b|[?&]wait=/.test(String(given[0]?.url ?? given[0]))) return ask(...given);
    open += 1;
    try {
      const answer = await ask(...given);
      await answer.clone().arrayBuffer();
      return answer;
    } finally {
      open -= 1;
      came = performance.now();
    }
  };
  new MutationObserver(() => { moved = performance.now(); }).observe(
    document, { subtree: true, childList: true, attributes: true, characterData: true });
  new PerformanceObserver((list) => {
    if (list.getEntries().some((one) => one.initiatorType !== "fetch")) came = performance.now();
  }).observe({ type: "resource" });
  const ends = ({ playState, effect }) =>
    playState === "running" && effect?.getComputedTiming().endTime < 1e6;
  window.__rests = (begun) => {
    const loaded = document.readyState === "complete" && document.fonts.status === "loaded";
    const root = document.getElementById("root");
    // At the edge of a long talk they stay: what is further up comes when it is wanted.
    const bones = root?.querySelector("[role=status][data-kind]:not([role=log] *)");
    const blank = bones || (root && !root.innerText.trim());
    const now = performance.now();
    if (open || !loaded || blank || now - begun < BEGINS) return false;
    if (now - Math.max(begun, came) > ENOUGH) return true;
    return now - Math.max(came, moved) > QUIET && !document.getAnimations().some(ends);
  };
})()"""


def watch(context: BrowserContext) -> None:
    """Before its first page is opened."""
    context.add_init_script(WATCH)
    coming: set[Request] = set()
    _coming[context] = coming

    def begins(request: Request) -> None:
        if request.resource_type in PARTS:
            coming.add(request)

    def ends(request: Request) -> None:
        coming.discard(request)

    context.on("request", begins)
    context.on("requestfinished", ends)
    context.on("requestfailed", ends)


def rest(page: Page) -> None:
    """Wait; a page that still asks for something after the context's time-out fails."""
    while True:
        begun = page.evaluate("performance.now()")
        page.wait_for_function("begun => window.__rests(begun)", arg=begun)
        if not _coming[page.context]:
            return
        page.wait_for_timeout(50)
