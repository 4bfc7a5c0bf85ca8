"""Calls of which it is known who answered: spoken by flite, laid on two lanes by a seeded script, and written as a capture of SIP and G.711."""
import collections
import hashlib
import os
import random
import struct
import subprocess
import wave

import numpy

RATE = 8_000
VOICES = ("awb", "rms", "slt", "kal16")
EACH = 10

Call = collections.namedtuple("Call", "kind is_person number lanes heard_ms")

GREETINGS = (
    "This is the mailbox of Ostermann Bau.|Nobody can take your call.|Please leave a message after the tone.",
    "Hello.|You have reached the voicemail of Daniel Kerr.|I am not at my desk right now.|Please leave your name and your number, and I will call you back as soon as I can.",
    "The person you have called is not available at the moment.|Please try again later, or leave a message after the signal.",
    "Welcome to Halden Logistics.|Our office is open from Monday to Friday, between eight in the morning and five in the afternoon.|Outside of these hours, you can send us an email.|Or leave a message after the tone.|Please do not forget your telephone number.",
    "Hi, this is Petra.|I can't come to the phone.|Leave me a message.|Bye.",
    "Good day.|You are connected with the answering machine of the purchasing department.|All of our colleagues are in a meeting, or out of the office.|In urgent cases, please call our switchboard.|Otherwise, speak after the tone, for up to two minutes.",
)
MENUS = (
    "Thank you for calling.|For sales, press one.|For service, press two.|For accounts, press three.|To hear this again, press the star key.",
    "Welcome.|If you know the extension of your partner, dial it now.|For a list of all departments, press nine.|Or hold the line, and somebody will be with you.",
)
AFTER = ("Your message has been recorded.|Press one to listen to it, or hang up.", "Thank you.|Goodbye.", "The maximum length has been reached.")
SCREENS = (
    "Hi.|The person you are calling is using a screening service, and will get a copy of this conversation.|Go ahead and say your name, and why you are calling.",
    "Before I try to connect you, please tell me your name, and the reason for your call.",
)
SCREENED = ("Thank you.|Please stay on the line.", "Okay.|I will see if this person is available.", "This person is not available.|Please try again later.|Goodbye.")
MESSAGES = (
    "Good afternoon, this is Ines from Northlight. I will try again tomorrow morning.",
    "Hello, my name is Tom Brandt, I call about your fleet of vans. Please call me back when you have a moment. My number is on your display. Thank you, and have a good day.",
    "This is Ines Okafor for Northlight Fleet. You downloaded our guide about charging, and I have one question about it. I will call you again on Thursday.",
)
HELLOS = ("Hello?", "Hello? Is anybody there?", "Yes, hello?", "Good morning?")
PITCHES = (
    "Good morning, this is Ines from Northlight. Is this a good moment for two questions about your vans?",
    "Hello, Tom Brandt of Northlight Fleet. You asked us for our guide to electric vans last week, is that right?",
    "Good afternoon. I am calling because you visited our stand at the fair. Do you still plan to replace your fleet?",
)
QUESTIONS = (
    "How many vans do you run at the moment?",
    "And who decides about that, apart from you?",
    "Is there a budget for it this year, or is that still open?",
    "When would you like to have the first of them on the road?",
    "What is it that bothers you most about the ones that you have?",
    "Shall we say Thursday, at ten? My colleague would call you then.",
    "I see. And what would have to happen, so that you would change?",
)
PROMPTS = ("How many?", "And when?", "Why is that?", "I see.", "Go on.", "With whom?", "Right.", "And then?", "In which year?")
OPENERS = ("Kerr, hello.", "Ostermann Bau, Petra Vogel speaking.", "Yes?", "Hello?", "Good morning, Halden Logistics, you are speaking with Daniel. How can I help you?")
RECEPTIONS = (
    "Good morning, and thank you for calling Halden Logistics, your partner for transport and storage in the north. My name is Daniel Kerr. What can I do for you?",
    "Ostermann Bau, purchasing department, you are speaking with Petra Vogel, good afternoon. How may I help you today, and with whom would you like to speak?",
)
ANSWERS = (
    "Well, at the moment we have about forty of them, most of them diesel, and six that are electric.",
    "That is me, together with our managing director. He signs whatever is over fifty thousand.",
    "There is some money set aside for it, but I would not say that it has been approved. We will know in January.",
    "Before the summer would be good. After that our busy season starts, and nobody has any time.",
    "The range, to be honest. In winter they do not come back with what they should, and then somebody is standing on the road.",
    "Yes, why not. Thursday would be fine.",
    "To be honest, that depends on the price. We have had offers before, and they were all the same.",
    "No. We have just signed with somebody else, for three years.",
)
SHORT = ("Yes.", "No.", "Right.", "I think so.", "Around forty.", "Not really.", "That is me.", "In spring.")
REFUSALS = ("No, thank you. We do not need anything. Goodbye.", "I have no time for this now. Send me an email.", "Please take us off your list.")
STORIES = (
    "Oh, that is a long story. We bought the first six of them two years ago, from a dealer in the south, and they told us that the range would be enough for a day. It was not. In the first winter three of them stood on the road with an empty battery, and the customers rang me up one after the other. Since then the drivers take the old ones whenever they can, and I have to explain to my boss why we have paid for them. So if you want to sell me something, then you had better bring somebody who knows what he talks about.",
)


def wave_of(hertz, seconds):
    return numpy.sin(2 * numpy.pi * hertz * numpy.arange(int(seconds * RATE)) / RATE)


class Speech:
    """What flite says, at 8 kHz; each text is spoken once by each voice."""

    def __init__(self, folder):
        self.folder, self.said = folder, {}

    def of(self, voice, text):
        if (voice, text) not in self.said:
            path = os.path.join(self.folder, hashlib.sha256(f"{voice} {text}".encode()).hexdigest()[:16])
            subprocess.run(["flite", "-voice", voice, "-t", text, "-o", f"{path}.raw.wav"], check=True)
            subprocess.run(["sox", "-D", f"{path}.raw.wav", "-r", str(RATE), "-c", "1", "-b", "16", f"{path}.wav", "norm", "-6"], check=True)
            with wave.open(f"{path}.wav") as w:
                self.said[voice, text] = numpy.frombuffer(w.readframes(w.getnframes()), dtype="<i2")
        return self.said[voice, text]


class Lanes:
    """Two lanes on one clock, in samples; what is laid over another adds up. The callee's come through a line of its own loudness and noise."""

    def __init__(self, dice):
        self.dice, self.samples = dice, [numpy.zeros(240 * RATE), numpy.zeros(240 * RATE)]
        self.loud = (dice.uniform(0.5, 1.0), dice.uniform(0.15, 1.0))

    def put(self, side, at, sound):
        start = int(at * RATE)
        self.samples[side][start:start + len(sound)] += sound * self.loud[side]
        return at + len(sound) / RATE

    def done(self, at, noise):
        length, dice = int(at * RATE), numpy.random.default_rng(self.dice.randrange(1 << 32))
        heard = [lane[:length] + dice.normal(0, noise * level, length) for lane, level in zip(self.samples, (0.5, 1.0))]
        return [numpy.clip(lane, -32_000, 32_000).astype(int) for lane in heard]


class Script:
    """A call as it goes: who says what, when."""

    def __init__(self, speech, seed):
        self.speech, self.dice = speech, random.Random(seed)
        self.lanes, self.at, self.heard = Lanes(self.dice), self.dice.uniform(0.3, 1.2), 0.0
        self.ours, self.theirs = self.dice.sample(VOICES, 2)

    def pause(self, low, high):
        self.at += self.dice.uniform(low, high)

    def theirs_say(self, text, wait=(0.2, 0.9)):
        """In one breath; `|` is a pause for one."""
        for part in text.split("|"):
            sound = self.speech.of(self.theirs, part)
            self.at = self.lanes.put(1, self.at, sound)
            self.heard += len(sound) / RATE
            self.pause(*wait)

    def ours_say(self, text, wait=(0.3, 1.0)):
        self.at = self.lanes.put(0, self.at, self.speech.of(self.ours, text))
        self.pause(*wait)

    def beep(self):
        tone, length = self.dice.choice((1_000, 1_400, 440)), self.dice.uniform(0.25, 1.0)
        self.at = self.lanes.put(1, self.at, 9_000 * wave_of(tone, length))
        self.pause(0.2, 1.0)

    def greeting(self, text, hellos=0):
        """A machine speaks on, whatever is said into it."""
        parts = text.split("|")
        into = set(self.dice.sample(range(len(parts)), min(hellos, len(parts))))
        for nth, part in enumerate(parts):
            if nth in into:
                self.lanes.put(0, self.at - self.dice.uniform(0.0, 0.4), self.speech.of(self.ours, self.dice.choice(HELLOS)))
            self.at = self.lanes.put(1, self.at, self.speech.of(self.theirs, part))
            self.pause(0.25, 1.3)

    def music(self, seconds):
        """Plucked chords, some with rests between them."""
        rest = self.dice.choice((0.0, 0.2, 0.5))
        until = self.at + seconds
        while self.at < until:
            root, length = self.dice.choice((220, 262, 294, 330, 392)), self.dice.choice((0.4, 0.8, 1.6))
            chord = sum(wave_of(root * k, length) for k in (1, 1.26, 1.5))
            fading = numpy.exp(-1.2 * numpy.arange(len(chord)) / RATE)
            self.at = self.lanes.put(1, self.at, 2_500 * chord * fading) + rest * self.dice.random()

    def ended(self):
        self.pause(0.3, 1.5)
        return self.lanes.done(self.at, self.dice.choice((2, 6, 20)))


def conversation(s, opener, answers, turns):
    s.theirs_say(opener)
    s.ours_say(s.dice.choice(PITCHES))
    for question in s.dice.sample(QUESTIONS, turns):
        s.theirs_say(s.dice.choice(answers))
        if s.dice.random() < 0.3:
            # They begin before the other has ended.
            s.at -= s.dice.uniform(0.2, 0.6)
        s.ours_say(question)
    s.theirs_say(s.dice.choice(answers))
    s.ours_say("Thank you, and have a good day.")
    s.theirs_say("Goodbye.")


def person(s):
    conversation(s, s.dice.choice(OPENERS), ANSWERS, s.dice.randint(3, 6))


def reception(s):
    conversation(s, s.dice.choice(RECEPTIONS), ANSWERS, s.dice.randint(3, 6))


def brief(s):
    conversation(s, s.dice.choice(OPENERS), SHORT, s.dice.randint(2, 5))


def prompted(s):
    """The telemarketer says little, and they talk."""
    s.theirs_say(s.dice.choice(OPENERS))
    s.ours_say(s.dice.choice(PITCHES))
    for prompt in s.dice.sample(PROMPTS, s.dice.randint(4, 6)):
        s.theirs_say(s.dice.choice(ANSWERS))
        s.ours_say(prompt)
    s.theirs_say(s.dice.choice(ANSWERS))


def refusal(s):
    s.theirs_say(s.dice.choice(OPENERS))
    s.ours_say(s.dice.choice(PITCHES))
    s.theirs_say(s.dice.choice(REFUSALS))


def story(s):
    s.theirs_say(s.dice.choice(OPENERS))
    s.ours_say(s.dice.choice(PITCHES))
    s.theirs_say(s.dice.choice(STORIES))
    s.ours_say("I will do that. Goodbye.")


def pitched_at(s):
    """The telemarketer takes it for a person, and speaks over the rest of the greeting."""
    parts = s.dice.choice(GREETINGS).split("|")
    s.theirs_say(parts[0])
    s.lanes.put(0, s.at, s.speech.of(s.ours, s.dice.choice(PITCHES)))
    s.greeting("|".join(parts[1:]))
    s.beep()
    if s.dice.random() < 0.5:
        s.ours_say(s.dice.choice(MESSAGES))


def put_through(s):
    """Somebody takes the call and puts it through to nobody."""
    s.theirs_say(s.dice.choice(RECEPTIONS))
    s.ours_say(s.dice.choice(PITCHES))
    on_hold(s)


def machine(s, hellos=0, after=False, message=True):
    s.greeting(s.dice.choice(GREETINGS), hellos)
    if s.dice.random() < 0.8:
        s.beep()
    if message:
        s.pause(0.2, 1.5)
        s.ours_say(s.dice.choice(MESSAGES))
    else:
        s.pause(1.0, 4.0)
    if after:
        s.theirs_say(s.dice.choice(AFTER))


def menu(s):
    for _ in range(s.dice.randint(2, 4)):
        s.greeting(s.dice.choice(MENUS), s.dice.randint(0, 1))
        s.pause(1.0, 3.0)


def screened(s):
    s.greeting(s.dice.choice(SCREENS))
    s.ours_say(s.dice.choice(MESSAGES))
    s.theirs_say(s.dice.choice(SCREENED))
    s.pause(3.0, 8.0)
    if s.dice.random() < 0.5:
        s.ours_say(s.dice.choice(HELLOS))
        s.theirs_say(s.dice.choice(SCREENED))


def screened_person(s):
    s.greeting(s.dice.choice(SCREENS))
    s.ours_say(s.dice.choice(MESSAGES))
    s.theirs_say(SCREENED[0])
    s.pause(2.0, 5.0)
    s.theirs = next(v for v in VOICES if v not in (s.ours, s.theirs))
    person(s)


def on_hold(s):
    s.theirs_say(s.dice.choice(("One moment, please. I will put you through.", "Please hold the line.")))
    for _ in range(s.dice.randint(1, 3)):
        s.music(s.dice.uniform(8, 20))
        if s.dice.random() < 0.4:
            s.lanes.put(0, s.at - 2.0, s.speech.of(s.ours, s.dice.choice(HELLOS)))
        if s.dice.random() < 0.5:
            s.theirs_say("All of our lines are busy.|Please stay on the line.")


KINDS = (
    ("a person", True, person),
    ("a person with a long greeting", True, reception),
    ("a person of few words", True, brief),
    ("a person asked in few words", True, prompted),
    ("a person who has no time", True, refusal),
    ("a person with one long story", True, story),
    ("screening, then a person", True, screened_person),
    ("a machine, a message left", False, machine),
    ("a machine, no message", False, lambda s: machine(s, message=False)),
    ("a machine talked into once", False, lambda s: machine(s, hellos=1)),
    ("a machine talked into twice", False, lambda s: machine(s, hellos=2)),
    ("a machine talked at", False, pitched_at),
    ("a machine that speaks at the end", False, lambda s: machine(s, hellos=s.dice.randint(0, 1), after=True)),
    ("a menu", False, menu),
    ("screening, and nobody", False, screened),
    ("music on hold, and nobody", False, on_hold),
    ("put through, and nobody", False, put_through),
)


def make(folder):
    """All calls, the same at every run."""
    speech, made = Speech(folder), []
    for kind, is_person, play in KINDS:
        for n in range(EACH):
            script = Script(speech, f"{kind} {n}")
            play(script)
            number = f"+4930{7_000_000 + len(made)}"
            made.append(Call(kind, is_person, number, script.ended(), int(script.heard * 1_000)))
    return made


def mu_law(sample):
    """ITU-T G.711."""
    sign, level = (0x80, -sample) if sample < 0 else (0, sample)
    level = min(level, 32_635) + 132
    exponent = level.bit_length() - 8
    return ~(sign | exponent << 4 | level >> (exponent + 3) & 0x0F) & 0xFF


CODES = numpy.array([mu_law(sample) for sample in range(-32_768, 32_768)], dtype="u1")


class Wire:
    """A call's packets between a telephone and the PBX."""

    OURS, THEIRS = (bytes((10, 80, 0, 1)), "10.80.0.1"), (bytes((10, 80, 0, 2)), "10.80.0.2")

    def __init__(self, call, nth, starts_us):
        self.call, self.nth, self.at, self.port = call, nth, starts_us, 10_000 + 4 * nth
        self.frames = []

    def udp(self, at, out, ports, payload):
        source, target = (self.OURS, self.THEIRS) if out else (self.THEIRS, self.OURS)
        header = struct.pack("!BBHHHBBH", 0x45, 0, 28 + len(payload), 0, 0, 64, 17, 0) + source[0] + target[0]
        ethernet = bytes((2, 0, 0, 0, 0, 1 + out, 2, 0, 0, 0, 0, 2 - out, 8, 0))
        self.frames.append((at, ethernet + header + struct.pack("!HHHH", *ports, 8 + len(payload), 0) + payload))

    def sip(self, at, out, first, method, has_tag, has_body):
        address = (self.OURS if out else self.THEIRS)[1]
        body = f"v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\nm=audio {self.port if out else self.port + 2} RTP/AVP 0\r\n" if has_body else ""
        head = (
            f"{first}\r\nFrom: <sip:201@10.80.0.1>;tag=a{self.nth}\r\nTo: <sip:{self.call.number}@10.80.0.2>{f';tag=b{self.nth}' if has_tag else ''}\r\n"
            f"Call-ID: voicemail-{self.nth}@test\r\nCSeq: {method}\r\nContent-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.udp(at, out, (5060, 5060), (head + body).encode())

    def rtp(self):
        """Both lanes, 20 ms a packet."""
        for side, lane in enumerate(self.call.lanes):
            ports = (self.port, self.port + 2) if side == 0 else (self.port + 2, self.port)
            coded = CODES[lane + 32_768].tobytes()
            for n in range(len(coded) // 160):
                header = struct.pack("!BBHII", 0x80, 0, n & 0xFFFF, n * 160, 2 * self.nth + side)
                self.udp(self.at + 1_000 + n * 20_000 + side, side == 0, ports, header + coded[n * 160:][:160])

    def written(self):
        length_us = len(self.call.lanes[0]) * 125
        self.sip(self.at - 4_000_000, True, f"INVITE sip:{self.call.number}@10.80.0.2 SIP/2.0", "1 INVITE", False, True)
        self.sip(self.at, False, "SIP/2.0 200 OK", "1 INVITE", True, True)
        self.rtp()
        self.sip(self.at + length_us + 50_000, True, "BYE sip:x SIP/2.0", "2 BYE", True, False)
        self.sip(self.at + length_us + 51_000, False, "SIP/2.0 200 OK", "2 BYE", True, False)
        return self.frames


def write(path, made):
    """A capture of all calls, one begun every ten seconds."""
    frames = []
    for nth, call in enumerate(made):
        frames.extend(Wire(call, nth, 1_790_000_000_000_000 + nth * 10_000_000).written())
    frames.sort(key=lambda frame: frame[0])
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1))
        for at, frame in frames:
            f.write(struct.pack("<IIII", at // 1_000_000, at % 1_000_000, len(frame), len(frame)) + frame)
