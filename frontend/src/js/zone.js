// Tells the server this browser's time zone, for people who chose none. A page that was made
// before, in another one, is asked for again: times typed into it would be read in the new zone.
// Never what answered a POST, which can't be asked for twice: the server names no zone there.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const told = `berth_zone=${zone}`;
const isTold = () => document.cookie.split("; ").includes(told);
if (zone && !isTold()) {
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${told}; path=/; max-age=31536000; samesite=lax${secure}`;
  const made = document.documentElement.dataset.zone;
  if (made && made !== zone && isTold()) location.replace(location.href.split("#")[0]);
}
