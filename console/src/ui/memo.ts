/** Draws anew only what has changed: by a number that grows with each change. */
import { Component, type ComponentChild } from "preact";

/** Make a component of a function that is called again only when `rev` or something listed in `watched` is another. */
export function memo<P extends { rev: number }>(draw: (props: P) => ComponentChild, watched: (keyof P)[] = []) {
  return class extends Component<P> {
    override shouldComponentUpdate(next: P): boolean {
      return next.rev !== this.props.rev || watched.some((name) => next[name] !== this.props[name]);
    }
    render(): ComponentChild {
      return draw(this.props as P);
    }
  };
}
