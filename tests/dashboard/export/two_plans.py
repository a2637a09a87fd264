"""An atlas that holds two siting scenarios, placed by hand: no search is needed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from dashboard.pages.planning import solving
from dashboard.pages.planning.address import Plan
from dashboard.pages.planning.controls import Question
from dashboard.source import AtlasSource
from layers.filters import Filters
from layers.siting import scenario_store
from layers.siting.answer import NIGHT
from layers.siting.ask import Ask
from layers.siting.scenario import Scenario


def keep_two(home: Path) -> None:
    """Keep two scenarios of Siming in the atlas of `home`: three sites for the whole day, five by night."""
    source = AtlasSource(home)
    for scenario, name, count, hours in (("SC-DAY", "白天三站", 3, None), ("SC-NIGHT", "夜间五站", 5, NIGHT)):
        atlas = source.atlas()
        question = Question(Filters(place="350203"), Plan(ask=Ask(new=count, hours=hours)))
        found = solving.case_of(atlas, question)
        offered = found.offered
        step = len(offered) // count
        answer = solving.by_hand(
            atlas, found, [(float(offered.lon[at * step]), float(offered.lat[at * step])) for at in range(count)]
        )
        scenario_store.save(
            source.store(),
            Scenario(
                scenario_id=scenario,
                name=name,
                author="林晓",
                note="",
                created=date(2024, 10, 31),
                inputs=solving.inputs_of(atlas, question, found),
                answer=answer,
                provenance=found.provenance,
                source_ids=found.source_ids,
            ),
        )
