/** A button that is a picture, with its name for those who cannot see that. */
import { Icon, type IconName } from "./icon.tsx";

interface Acting {
  icon: IconName;
  label: string;
  title?: string;
  size?: number;
  small?: boolean;
  act: () => unknown;
}

/** The button. `title`: what is said of it to who points at it, where that is no more than its name. */
export function Act({ icon, label, title, size = 16, small = false, act }: Acting) {
  return (
    <button
      type="button"
      class={small ? "bare small" : "bare"}
      aria-label={label}
      title={title ?? label}
      onClick={() => void act()}
    >
      <Icon name={icon} size={size} />
    </button>
  );
}
