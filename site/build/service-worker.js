// Keeps all files of one build and answers with them, whether there is a network or not. The build writes VERSION and FILES
// above; a new build has another version, which takes over when no page of the old one is open any more.

const CACHE = `rp-bench ${VERSION}`;

self.addEventListener("install", (event) => {
  // Past the browser's own cache, which may still have the page of another build, whose files are not among these.
  const requests = ["./", ...FILES].map((path) => new Request(path, { cache: "reload" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(requests)));
});

self.addEventListener("activate", (event) => {
  const clear = async () => {
    const names = (await caches.keys()).filter((name) => name.startsWith("rp-bench ") && name !== CACHE);
    await Promise.all(names.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(clear());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(self.registration.scope)) return;
  const answer = async () => {
    const cache = await caches.open(CACHE);
    return (await cache.match(request, { ignoreSearch: true, ignoreVary: true })) ?? fetch(request);
  };
  event.respondWith(answer());
});
