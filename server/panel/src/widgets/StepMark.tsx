/** Two bars that stand level when in step, move while catching up, and part when something is wrong. */
import type { Pace } from "../shell/standing";

export function StepMark({ pace, size = 18 }: { pace: Pace; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 18 18" className={`step-mark step-${pace}`} aria-hidden focusable={false}>
      <rect className="bar bar-left" x="3" y="3" width="4.500" height="12" rx="1.500" />
      <rect className="bar bar-right" x="10.500" y="3" width="4.500" height="12" rx="1.500" />
    </svg>
  );
}
