/** Keeps what breaks in a part of the page from taking the rest along: it says what it was. */
import { Component, type ComponentChildren } from "preact";
import { sentence } from "./said.tsx";

interface Around {
  /** Where one is: elsewhere it is tried anew. */
  at: string;
  children: ComponentChildren;
}

interface Found {
  at: string;
  wrong: string | undefined;
}

/** What is inside, or why it cannot be shown. */
export class Caught extends Component<Around, Found> {
  override state: Found = { at: this.props.at, wrong: undefined };

  static override getDerivedStateFromError(error: unknown): Partial<Found> {
    return { wrong: sentence(error) || "It has no name" };
  }

  static override getDerivedStateFromProps({ at }: Around, before: Found): Partial<Found> | null {
    return at === before.at ? null : { at, wrong: undefined };
  }

  render(): ComponentChildren {
    if (this.state.wrong === undefined) return this.props.children;
    return (
      <div class="page narrow" role="alert">
        <h1>This cannot be shown</h1>
        <p class="wrong">{this.state.wrong}</p>
        <p>
          <button type="button" onClick={() => this.setState({ wrong: undefined })}>
            Try again
          </button>
        </p>
      </div>
    );
  }
}
