/** What a tag becomes: `$h(tag, what it has, ...what is in it)`, by names that no source gives to something else. */
export { Fragment as $Fragment, h as $h } from "preact";
