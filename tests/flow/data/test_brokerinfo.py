""".BrokerInfo: which jobs get one, and what is in it (gLite reference §2.7)."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from gridwms.catalogue.contract import CatalogueError, File, Replica
from gridwms.classad import ClassAd, evaluate, parse_ad, parse_expression
from gridwms.flow.data.brokerinfo import made
from gridwms.flow.data.locator import Locator
from gridwms.jobs.states import State
from gridwms.market.close_storage import with_storage
from tests.flow.conftest import Stage, place
from tests.flow.data.test_locator import FakeCatalogue
from tests.flow.data.test_matching import READS, close, settle
from tests.flow.data.test_matching import catalogue as catalogue

RESOURCE = """[ GlueCEUniqueID = "ce"; CloseStorageElements = {
  [ GlueCESEBindSEUniqueID = "SE1"; name = "SE1"; mount = "/grid"; GlueSEUniqueID = "SE1";
    GlueSEAccessProtocol = {[GlueSEAccessProtocolType = "gsiftp"; GlueSEAccessProtocolPort = 2811]};
    GlueSA = {[GlueSALocalID = "atlas"; GlueSAStateAvailableSpace = 70]} ],
  [ GlueCESEBindSEUniqueID = "se2"; GlueCESEBindCEAccesspoint = "/other" ] };
  GlueCESEBindGroupSEUniqueID = {"SE1", "se2", "se3"} ]"""


def test_what_is_in_it() -> None:
    far = {"far": parse_ad('[GlueSEAccessProtocol = {[GlueSEAccessProtocolType = "https"]}]')}
    files = [File("lfn:a", (Replica("srm://SE1/a"), Replica("https://far/a"))), File("lfn:b", ())]
    ad = made("ce:1/x-y-z", with_storage(parse_ad(RESOURCE)), "atlas", files, ["gsiftp", "https"], far)
    assert ad == parse_ad("""[
        ComputingElement = [ name = "ce:1/x-y-z"; CloseStorageElements = {
            [ name = "SE1"; mount = "/grid"; freespace = 70 ], [ name = "se2"; mount = "/other" ],
            [ name = "se3"; mount = "" ] } ];
        InputFNs = { [ name = "lfn:a"; SFNs = { "srm://SE1/a", "https://far/a" } ], [ name = "lfn:b"; SFNs = {} ] };
        StorageElements = { [ name = "se1"; protocols = { [ name = "gsiftp"; port = 2811 ] } ],
                            [ name = "far"; protocols = { [ name = "https"; port = 0 ] } ] };
        DataAccessProtocol = { "gsiftp", "https" };
        VirtualOrganisation = "atlas" ]""")


def told(stage: Stage) -> ClassAd | None:
    """The file in the wrapper that the site got last."""
    found = re.search(r"^gw_brokerinfo='(.*?)'$", stage.site.handovers[-1].wrapper, re.DOTALL | re.MULTILINE)
    return parse_ad(found[1]) if found and found[1] else None


@pytest.mark.parametrize(
    ("text", "gets"),
    [
        ("", False),
        ('OutputSandbox = {".BrokerInfo"};', True),
        (
            'Requirements = anyMatch(other.storage.CloseSEs, target.x > 1) || other.GlueCEStateStatus == "Production";',
            True,
        ),
        ("Requirements = other.GlueCEStateFreeJobSlots > 1;", False),
    ],
)
def test_who_gets_one(stage: Stage, text: str, gets: bool) -> None:
    stage.submit(text)
    stage.schedule()
    stage.errands()
    assert (told(stage) is not None) is gets


def test_whoever_comes_to_a_place_with_close_storage(stage: Stage) -> None:
    stage.market.put(place(1, **close("se1")))
    stage.submit()
    stage.schedule()
    stage.errands()
    ad = told(stage)
    assert ad is not None
    assert evaluate(parse_expression("ComputingElement.CloseStorageElements[0].name"), ad) == "se1"


def test_a_job_with_data(stage: Stage, catalogue: FakeCatalogue) -> None:
    stage.submit(READS + 'InputData = {"lfn:a", "lfn:none"};')
    settle(stage)
    stage.errands()
    ad = told(stage)
    assert ad is not None
    assert evaluate(parse_expression("InputFNs[0].SFNs[0]"), ad) == "srm://se1/lfn:a"
    assert evaluate(parse_expression("size(InputFNs)"), ad) == 1


def forget(stage: Stage) -> None:
    """What a restart forgets."""
    [known] = [stage.world.data._shelves["fake"].asked]
    stage.world.data = Locator([replace(known)], stage.world.clock)


def test_after_a_restart_the_job_goes_once_its_data_is_known_again(stage: Stage, catalogue: FakeCatalogue) -> None:
    (key,) = stage.submit(READS + 'InputData = {"lfn:a"};')
    settle(stage)
    forget(stage)
    stage.errands()
    assert stage.site.handovers == []
    stage.world.data.ask("fake")
    stage.pass_time(11)
    stage.errands()
    stage.pass_time(11)
    stage.errands()
    assert stage.job(key).state is State.SCHEDULED
    assert len(stage.site.handovers) == 1
    assert told(stage) is not None


def test_a_catalogue_that_is_down_does_not_hold_back_what_was_matched(stage: Stage, catalogue: FakeCatalogue) -> None:
    (key,) = stage.submit(READS + 'InputData = {"lfn:a"};')
    settle(stage)
    forget(stage)
    stage.errands()
    catalogue.down = CatalogueError("gone")
    stage.world.data.ask("fake")
    for _ in range(2):
        stage.pass_time(11)
        stage.errands()
    assert stage.job(key).state is State.SCHEDULED
    ad = told(stage)
    assert ad is not None
    assert evaluate(parse_expression("InputFNs[0].name"), ad) == "lfn:a"
