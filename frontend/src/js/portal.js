// Everything a page of Berth runs: htmx, set up once, and our custom elements.
import "./htmx.js";
import "./live-socket.js";
import "./live-topic.js";
import "./live-region.js";
import "./rel-time.js";
import "./copy-code.js";
import "./theme-toggle.js";
import "./keys-help.js";
import "./auto-preview.js";
import "./open-dialog.js";
import "./toast-stack.js";
import "./menus.js";
import "./tabs.js";
import "./bulk-bar.js";
import "./quick-open.js";
import "./request-form.js";
