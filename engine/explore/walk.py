"""
Walks every order of what people and Telnyx can do, by the number of their deeds.

Moments from which everything goes on alike are walked once. Of the ways with few deeds those come first that try
something for the first time: a deed at a moment that differs from an earlier one in nothing but how long things last.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from engine.core.program import Library
from engine.explore.fingerprint import Fingerprint
from engine.explore.material import Material
from engine.explore.people import deeds
from engine.explore.play import Deeds, Play, Trouble
from engine.explore.silence import Moment, moments, raise_if_round
from engine.scenario.script import Fails, ScenarioFile

DEPTH = 20  # deeds on one way, unless somebody asks for another number
REFUSED = 422  # what Telnyx answers to what it does not do
_CODE = "10015"
_ENDS = frozenset({"hangup", "reject"})  # refused for good, no flow could ever end a call
_ALWAYS = 1000  # times that a command is refused for good: the most that a scenario can say
_AT_ONCE = 100  # moments of silence, before the walk may be ended
_KEPT = 200  # calls in progress, to go on from


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Way:
    """
    How a call goes: *deeds* at the end of the way *before*, None for one of the beginnings.

    *start* tells the moment at which they happen.
    """

    beginning: int
    before: Way | None = None
    start: Fingerprint | None = None
    deeds: Deeds = ()

    def then(self, deeds: Deeds, start: Fingerprint) -> Way:
        return Way(beginning=self.beginning, before=self, start=start, deeds=deeds)

    @property
    def moments(self) -> tuple[Deeds, ...]:
        """What happens at each moment, in order."""
        found: list[Deeds] = []
        at: Way | None = self
        while at is not None and at.before is not None:
            found.append(at.deeds)
            at = at.before
        return tuple(reversed(found))


@dataclass(slots=True, kw_only=True)
class Walk:
    """
    All ways of one flow that are walked so far.

    *depth* is how many deeds a way may have, *refusals* how many of them Telnyx's. *states* are the moments found,
    *edges* the ways between them; *trouble* is the first that was found, on *way*. *is_tried*: at every moment that
    differs from others in more than how long things last, everything was tried.
    """

    material: Material
    library: Library
    beginnings: Sequence[ScenarioFile]
    depth: int = DEPTH
    refusals: int = 1
    states: dict[bytes, Moment] = field(default_factory=dict)
    edges: int = 0
    is_tried: bool = False
    trouble: Trouble | None = None
    way: Way | None = None
    _after: dict[bytes, bytes] = field(default_factory=dict)  # which moment follows when everybody stays silent
    _tried: set[tuple[bytes, str]] = field(default_factory=set)
    _new: list[deque[Way]] = field(init=False)
    _like: list[deque[Way]] = field(init=False)
    _plays: OrderedDict[Way, Play] = field(default_factory=OrderedDict)
    _at: Way = field(init=False)

    def __post_init__(self) -> None:
        self._new = [deque() for _ in range(self.depth + 2)]
        self._like = [deque() for _ in range(self.depth + 2)]
        self._new[0].extend(Way(beginning=place) for place in range(len(self.beginnings)))

    @property
    def done(self) -> int:
        """The number of deeds up to which all ways have been walked."""
        waiting = zip(self._new, self._like, strict=True)
        return next((level for level, ways in enumerate(waiting) if any(ways)), self.depth + 1) - 1

    @property
    def is_closed(self) -> bool:
        """True when there is nothing more to walk, however many deeds a way may have."""
        return not any(self._new) and not any(self._like)

    def step(self) -> bool:
        """Walk one more way; False when all are walked or one has failed."""
        self.is_tried = self.is_tried or not any(self._new)
        found = next(self._waits(), None)
        if found is None or self.trouble is not None:
            return False
        ways, level = found
        self._at = ways.popleft()
        try:
            self._walk(self._at, level, is_new=ways is self._new[level])
        except Trouble as trouble:
            self.trouble, self.way = trouble, self._at
            ways.appendleft(self._at)
            return False
        return True

    def play(self, beginning: int) -> Play:
        """Return one of the beginnings: nobody has called yet."""
        return Play.begin(self.material, self.beginnings[beginning], self.library)

    def _waits(self) -> Iterator[tuple[deque[Way], int]]:
        for waiting in (self._new, self._like):
            for level, ways in enumerate(waiting[: self.depth + 1]):
                if ways:
                    yield ways, level

    def _walk(self, way: Way, level: int, *, is_new: bool) -> None:
        """
        Go one way, and on from its end for as long as everybody stays silent, one that *is_new* to where nothing is.

        Raises:
            Trouble: something happened that must not.
        """
        play = self._reached(way)
        for count, moment in enumerate(moments(play)):
            key = moment.key.whole
            if way.before is not None:
                self.edges += 1
                self._refuse(way, play, level)
            if way.start is not None and not way.deeds:
                self._after[way.start.whole] = key
                self._look_for_a_turn(play, key)
            if key in self.states:
                return
            self.states[key] = moment
            for what in deeds(play, has_changed=moment.has_changed):
                self._wait(way.then(what, moment.key), level + 1)
            end, way = way, way.then((), moment.key)
            self._at = way
            if is_new and not self._is_first(way):
                self._like[level].append(way)
                return
            if count == _AT_ONCE:
                self._keep(end, play)
                (self._new if is_new else self._like)[level].appendleft(way)
                return

    def _look_for_a_turn(self, play: Play, key: bytes) -> None:
        """Raise Trouble when silence leads from a moment back to itself, and somebody is alone all the time."""
        turn, at = {key: None}, self._after.get(key)
        while at is not None and at not in turn:
            turn[at] = None
            at = self._after.get(at)
        if at == key:
            raise_if_round(play, [self.states[place] for place in turn])

    def _refuse(self, way: Way, play: Play, level: int) -> None:
        """Telnyx might have refused any of the commands that followed from the latest deeds, once or for good."""
        before, start = way.before, way.start
        if play.refusals >= self.refusals or before is None or start is None:
            return
        for operation in play.commands:
            for times in (1,) if operation in _ENDS else (1, _ALWAYS):
                fails = Fails(word=operation, operations=(operation,), status=REFUSED, code=_CODE, times=times)
                self._wait(before.then((fails, *way.deeds), start), level + 1)

    def _wait(self, way: Way, level: int) -> None:
        """Let a way be walked later; one that is like another but for how long things last, after all others."""
        (self._new if self._is_first(way) else self._like)[level].append(way)

    def _is_first(self, way: Way) -> bool:
        """Tell, once, whether nothing like the end of this way was tried before."""
        assert way.start is not None
        what = (way.start.timeless, repr(way.deeds))
        is_first = what not in self._tried
        self._tried.add(what)
        return is_first

    def _reached(self, way: Way) -> Play:
        """Return the call at the end of a way; its last deeds are the only ones that may not have been tried before."""
        if way.before is None:
            return self.play(way.beginning)
        play = self._plays[way.before].copy() if way.before in self._plays else self._reached(way.before)
        if way.before not in self._plays:
            self._keep(way.before, play)
        play.do(way.deeds)
        return play

    def _keep(self, way: Way, play: Play) -> None:
        self._plays[way] = play.copy()
        if len(self._plays) > _KEPT:
            self._plays.popitem(last=False)
