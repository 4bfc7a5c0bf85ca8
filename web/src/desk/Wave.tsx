// The two lanes, drawn by wavesurfer from served peaks: the browser never decodes a file to draw it.
import { useEffect, useRef } from "preact/hooks";
import WaveSurfer from "wavesurfer.js";
import type { Peaks } from "../api";

const color = (name: string) => {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.color = `var(${name})`;
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
};

const lane = (peaks: Peaks, number: number) =>
  Array.from(
    { length: peaks.length },
    (_, i) =>
      Math.max(-(peaks.data[i * 4 + number * 2] ?? 0), peaks.data[i * 4 + number * 2 + 1] ?? 0) /
      128,
  );

export function Wave({
  peaks,
  media,
  duration,
}: {
  peaks: Peaks;
  media: HTMLAudioElement;
  duration: number;
}) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!box.current) return;
    const draw = () =>
      WaveSurfer.create({
        container: box.current as HTMLElement,
        media,
        peaks: [lane(peaks, 0), lane(peaks, 1)],
        duration: duration / 1000,
        height: "auto",
        splitChannels: (["a", "b"] as const).map((name) => ({
          waveColor: color(`--lane-${name}`),
          progressColor: color(`--lane-${name}`),
        })),
        cursorWidth: 0,
        dragToSeek: true,
        hideScrollbar: true,
      });
    let wave = draw();
    // Colours are drawn, so a change of theme means drawing again.
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const again = () => {
      wave.destroy();
      wave = draw();
    };
    dark.addEventListener("change", again);
    let height = box.current.clientHeight;
    const resized = new ResizeObserver(() => {
      const now = box.current?.clientHeight ?? height;
      if (Math.abs(now - height) > 1) again();
      height = now;
    });
    resized.observe(box.current);
    return () => {
      resized.disconnect();
      dark.removeEventListener("change", again);
      wave.destroy();
    };
  }, [peaks, media, duration]);
  return <div class="wave" ref={box} aria-hidden="true" />;
}
