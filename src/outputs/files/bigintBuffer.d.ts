/** The package has types for its entry alone. */
declare module 'bigint-buffer/dist/browser.js' {
  export { toBufferBE, toBufferLE } from 'bigint-buffer';
}
