// Libraries that only some views need, loaded when the first of these asks.

import { address } from "../channel/socket.js";

const FILES = { uPlot: "uPlot.js", Plotly: "plotly.min.js" };
const loading = {};

/** A promise of the library: its global of the same name. It is rejected where its file cannot be
 * loaded; the next one who asks then tries again. */
export function library(name, page) {
  return (loading[name] ??= new Promise((resolve, reject) => {
    if (window[name]) return resolve(window[name]);
    const script = document.createElement("script");
    script.src = address(page, `library/${FILES[name]}`);
    script.onload = () => resolve(window[name]);
    script.onerror = () => {
      delete loading[name];
      script.remove();
      reject(new Error(`${FILES[name]} could not be loaded: check the connection and try again`));
    };
    document.head.append(script);
  }));
}
