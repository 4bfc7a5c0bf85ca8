#!/usr/bin/env python3
"""How it sounds: PESQ (ITU-T P.862, narrowband) of sealed recordings on clips of people speaking, and where words end up.

    pip install pesq soundfile scipy; tests/bench/sound.py PATH/TO/assay [CLIP.wav ...]

1. Ogg Opus beside the G.711 that it was made from.
2. A bad network: loss by chance and in bursts, jitter, reordering, drift; this recorder's concealment beside silence in the gaps
   and beside what Opus's own concealment reaches on the same losses; the MOS that the call shows; and how far the sound
   is from where it belongs at the call's end.
"""
import glob, json, os, random, socket, struct, subprocess, sys, tempfile, warnings
import numpy as np, soundfile as sf
from pesq import pesq
from scipy.signal import resample_poly, correlate

warnings.simplefilter("ignore", DeprecationWarning)
import audioop

ASSAY = os.path.abspath(sys.argv[1])
SHARED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../shared/captures")
CLIPS = sys.argv[2:] or [f for name in ["calls/d_human_g722/caller.flac", "calls/d_human_g722/callee.flac", "vectors/spandsp/local/short_nb_voice.wav", "vectors/spandsp/local/dam9.wav"]
                         for f in glob.glob(f"{SHARED}/{name}")]
RATE, FRAME = 8000, 160
START = 1_790_000_000_000_000


def clip(path):
    x, rate = sf.read(path)
    x = x[:, 0] if x.ndim > 1 else x
    x = resample_poly(x, RATE, rate)
    return np.clip(x * 32768, -32000, 32000).astype("<i2")


def alaw(pcm):
    return audioop.lin2alaw(pcm.tobytes(), 2)


def decoded(pcm):
    return np.frombuffer(audioop.alaw2lin(alaw(pcm), 2), dtype="<i2")


def opus_packets(pcm, work):
    """One frame of 20 ms each, out of the Ogg file that FFmpeg makes."""
    sf.write(f"{work}/o.wav", pcm, RATE, subtype="PCM_16")
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", "-i", f"{work}/o.wav", "-c:a", "libopus", "-application", "voip", "-b:a", "24k", "-frame_duration", "20", f"{work}/o.opus"], check=True)
    data, at, packets, open_packet = open(f"{work}/o.opus", "rb").read(), 0, [], b""
    while at < len(data):
        count = data[at + 26]
        laces, at = data[at + 27:at + 27 + count], at + 27 + count
        for lace in laces:
            open_packet += data[at:at + lace]
            at += lace
            if lace < 255:
                packets.append(open_packet)
                open_packet = b""
    return packets[2:]


def capture(path, payloads, kind, network, seed):
    """One side's packets through a network, the other side silent."""
    rng = random.Random(seed)
    a, b = ("10.81.0.1", 4000), ("10.81.0.2", 5000)

    def frame(src, dst, payload):
        udp = struct.pack("!HHHH", src[1], dst[1], 8 + len(payload), 0)
        return bytes(12) + b"\x08\0" + struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(payload), 0, 0, 64, 17, 0, socket.inet_aton(src[0]), socket.inet_aton(dst[0])) + udp + payload

    def sip(first, cseq, ip, port, tag):
        body = f"v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP {kind}\r\na=rtpmap:96 opus/48000/2\r\n"
        return f"{first}\r\nFrom: <sip:201@{ip}>;tag=a\r\nTo: <sip:1@x>{tag}\r\nCall-ID: s@bench\r\nCSeq: {cseq}\r\nContent-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()

    packets = [(-2000, frame((a[0], 5060), (b[0], 5060), sip("INVITE sip:1@x SIP/2.0", "1 INVITE", *a, ""))), (-1000, frame((b[0], 5060), (a[0], 5060), sip("SIP/2.0 200 OK", "1 INVITE", *b, ";tag=b")))]
    step, lost, bad = (960 if kind == 96 else FRAME), [], False
    mean_burst = network.get("burst", 1)
    for n, payload in enumerate(payloads):
        p = network.get("loss", 0) / 100
        # Gilbert's two states: the mean run and the share of losses as asked for.
        bad = rng.random() < (1 - 1 / mean_burst if bad else p / (1 - p) / mean_burst) if mean_burst > 1 else rng.random() < p
        if bad and n > 5:
            lost.append(n)
            continue
        delay = rng.uniform(0, network.get("jitter_ms", 0)) * 1000 + (30_000 if rng.random() < network.get("reorder", 0) / 100 else 0)
        at = n * 20_000 * (1 + network.get("ppm", 0) / 1e6) + delay
        packets.append((at, frame(a, b, struct.pack("!BBHII", 0x80, kind, n & 0xFFFF, step * n & 0xFFFFFFFF, 7) + payload)))
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for at, data in sorted(packets, key=lambda p: p[0]):
            at = START + int(at)
            out.write(struct.pack("<IIII", at // 1_000_000, at % 1_000_000, len(data), len(data)) + data)
    return lost


def sealed(path, work, fmt):
    data = tempfile.mkdtemp(dir=work)
    line = subprocess.run([ASSAY, "replay", path, "--data", data, "--format", fmt, "--json"], capture_output=True, text=True, check=True).stdout
    call = json.loads(line.splitlines()[0])
    wav = f"{data}/{call['recording']['path']}"
    if fmt == "opus":
        subprocess.run(["ffmpeg", "-loglevel", "error", "-y", "-i", wav, "-ar", str(RATE), f"{data}/o.wav"], check=True)
        wav = f"{data}/o.wav"
    x, rate = sf.read(wav, dtype="int16")
    x = x[:, 0]
    return call, (x if rate == RATE else (resample_poly(x.astype(float), RATE, rate)).astype("<i2"))


def score(reference, heard):
    n = min(len(reference), len(heard))
    return pesq(RATE, reference[:n].astype(float) / 32768, heard[:n].astype(float) / 32768, "nb")


def offset_ms(reference, heard):
    """Where the last second in which somebody speaks lies, against where it belongs."""
    loud = [i for i in range(400, len(reference) - RATE - 400, RATE // 4) if np.abs(reference[i:i + RATE].astype(float)).mean() > 300]
    at = loud[-1]
    part = reference[at:at + RATE].astype(float)
    return (int(np.argmax(correlate(heard[at - 400:at + RATE + 400].astype(float), part, "valid"))) - 400) / 8


def main():
    if not CLIPS:
        sys.exit("no clips: name some, or put the folder of real captures beside the project")
    work = tempfile.mkdtemp(prefix="assay-sound-")
    print("Ogg Opus beside the G.711 it was made from: how much PESQ it costs")
    for path in CLIPS:
        pcm = clip(path)
        g711 = decoded(pcm)
        whole = alaw(pcm)
        capture(f"{work}/c.pcap", [whole[i:i + FRAME] for i in range(0, len(whole) - FRAME, FRAME)], 8, {}, 1)
        _, opus = sealed(f"{work}/c.pcap", work, "opus")
        print(f"  {os.path.relpath(path, SHARED) if path.startswith(SHARED) else path:44} G.711 {score(pcm, g711):.3f}  Opus {score(pcm, opus):.3f}  cost {score(pcm, g711) - score(pcm, opus):+.3f}")
    networks = [{}] + [{"loss": l} for l in (1, 5, 10, 20)] + [{"loss": l, "burst": 4} for l in (1, 5, 10, 20)]
    networks += [{"jitter_ms": 60}, {"reorder": 10}, {"ppm": 100}, {"ppm": -100}, {"loss": 5, "burst": 3, "jitter_ms": 40, "reorder": 5, "ppm": 100}]
    print("\nA bad network, mean over the clips: PESQ against the clip itself, the MOS that the call shows, ms off at the end")
    print(f"  {'network':58} {'ours':>6} {'silence':>8} {'Opus':>6} {'MOS':>5} {'off':>6}")
    for network in networks:
        rows = []
        for seed, path in enumerate(CLIPS):
            pcm = clip(path)
            whole = alaw(pcm)
            payloads = [whole[i:i + FRAME] for i in range(0, len(whole) - FRAME, FRAME)]
            lost = capture(f"{work}/c.pcap", payloads, 8, network, seed)
            call, ours = sealed(f"{work}/c.pcap", work, "wav")
            silence = decoded(pcm).copy()
            for n in lost:
                silence[n * FRAME:(n + 1) * FRAME] = 0
            capture(f"{work}/c.pcap", opus_packets(pcm, work)[:len(payloads)], 96, network, seed)
            _, opus = sealed(f"{work}/c.pcap", work, "wav")
            lag = offset_ms(pcm[:len(payloads) * FRAME], ours) - network.get("ppm", 0) / 1e6 * len(pcm) / 8
            rows.append((score(pcm, ours), score(pcm, silence) if lost else score(pcm, decoded(pcm)), score(pcm, opus[52:]), call["lanes"][0]["mos"], abs(lag)))
        mean = np.mean(rows, axis=0)
        print(f"  {json.dumps(network):58} {mean[0]:6.2f} {mean[1]:8.2f} {mean[2]:6.2f} {mean[3]:5.2f} {max(r[4] for r in rows):6.1f}")


main()
