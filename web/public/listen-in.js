// Plays what arrives, 16-bit stereo at 16 kHz, with a tenth of a second in hand; silence when nothing has come.
class ListenIn extends AudioWorkletProcessor {
  constructor() {
    super();
    this.ring = new Float32Array(2 * 32000);
    this.read = 0;
    this.write = 0;
    this.playing = false;
    this.port.onmessage = (event) => {
      const samples = new Int16Array(event.data);
      for (const sample of samples) this.ring[this.write++ % this.ring.length] = sample / 32768;
      // Too far behind: go on from near the end.
      if (this.write - this.read > 2 * 8000) this.read = this.write - 2 * 1600;
    };
  }
  process(_, [output]) {
    const frames = output[0].length;
    const step = 16000 / sampleRate;
    if (!this.playing && this.write - this.read >= 2 * 1600) this.playing = true;
    this.position ??= 0;
    for (let i = 0; i < frames; i++) {
      const ready = this.playing && this.write - this.read >= 2;
      for (let lane = 0; lane < output.length; lane++)
        output[lane][i] = ready ? this.ring[(this.read + (lane % 2)) % this.ring.length] : 0;
      if (!ready) {
        this.playing = false;
        continue;
      }
      this.position += step;
      while (this.position >= 1 && this.write - this.read >= 2) {
        this.position -= 1;
        this.read += 2;
      }
    }
    return true;
  }
}
registerProcessor("listen-in", ListenIn);
