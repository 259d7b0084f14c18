"""Waiting until a page rests: all it asked for has come, its fonts too, and nothing moves in it."""

from playwright.sync_api import BrowserContext, Page

# Long polls never rest. What goes on moving while nothing is asked for is looked at as it moves.
WATCH = """(() => {
  const QUIET = 250, ENOUGH = 1500;
  let open = 0, moved = performance.now();
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
      moved = performance.now();
    }
  };
  new MutationObserver(() => { moved = performance.now(); }).observe(
    document, { subtree: true, childList: true, attributes: true, characterData: true });
  const ends = ({ playState, effect }) =>
    playState === "running" && effect?.getComputedTiming().endTime < 1e6;
  window.__rests = (begun) => {
    const loaded = document.readyState === "complete" && document.fonts.status === "loaded";
    const now = performance.now();
    if (open || !loaded) return false;
    if (now - begun > ENOUGH) return true;
    return now - moved > QUIET && !document.getAnimations().some(ends);
  };
})()"""


def watch(context: BrowserContext) -> None:
    """Before its first page is opened."""
    context.add_init_script(WATCH)


def rest(page: Page) -> None:
    """Wait; a page that still asks for something after the context's time-out fails."""
    begun = page.evaluate("performance.now()")
    page.wait_for_function("begun => window.__rests(begun)", arg=begun)
