// Desktop notices with buttons: the browser gives those only to a service worker. It keeps nothing,
// fetches nothing and decides nothing: what was pressed is told to a page of the console.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

async function tell(tag, action) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages.find((one) => one.focused) ?? pages.find((one) => one.visibilityState === "visible") ?? pages[0];
  if (!page) {
    await self.clients.openWindow("/inbox/offered");
    return;
  }
  // One page is told, the one looked at last: two would do the same thing twice.
  page.postMessage({ notice: tag, action });
  await page.focus().catch(() => {});
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(tell(event.notification.tag, event.action));
});
