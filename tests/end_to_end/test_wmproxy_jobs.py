"""Jobs as gLite's clients handle them: SOAP by the WSDL alone, files by curl, and nothing shown but a proxy."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import zeep
from lxml import etree

from gridwms.api.wmproxy.proxies import INTERFACE
from gridwms.soap.envelope import SOAP
from gridwms.x509.credential import Credential, sign_request
from tests.end_to_end.certificates import AGES, ALICE, CA, NOW, PORT, SERVER, proxy_file
from tests.end_to_end.test_wmproxy import soap
from tests.never_lost.rounds import Runner
from tests.x509 import making
from tests.x509.voms.making import attributes, proxy_with

OFFICIAL = Path(__file__).parents[1] / "soap" / "official"
BOB = making.user(CA, "/DC=org/O=Users/CN=Bob", **AGES)


@pytest.fixture(scope="module")
def service(certified: Runner) -> Runner:
    return certified


class Person:
    """Somebody with a proxy and a delegation called `d`."""

    def __init__(self, service: Runner, directory: Path, shown: making.Made, *chain: making.Made) -> None:
        directory.mkdir(exist_ok=True)
        self.directory = directory
        self.trusted = service.log.parent / "certificate.pem"
        self.proxy = proxy_file(directory, shown, *chain)
        self.wms = soap(service, self.proxy)
        own = Credential(shown.certificate, shown.key, tuple(one.certificate for one in chain))
        signed = sign_request(self.wms.getProxyReq("d").encode(), own, datetime.now(UTC))
        self.wms.putProxy("d", signed.decode())

    def curl(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = ["curl", "-sS", "--fail-with-body", "--cert", str(self.proxy), "--key", str(self.proxy)]
        return subprocess.run(
            [*command, "--cacert", str(self.trusted), *words], capture_output=True, text=True, check=False, timeout=30
        )

    def put(self, uri: str, name: str, text: str) -> None:
        file = self.directory / name
        file.write_text(text)
        done = self.curl("-T", str(file), f"{uri}/{name}")
        assert done.returncode == 0, done.stdout + done.stderr

    def until(self, job: str, *states: str) -> str:
        """Wait until a job is in one of these states."""
        end = time.monotonic() + 60
        while (state := self.wms.getJobStatus(job).status) not in states:
            assert time.monotonic() < end, f"{job} is {state}"
            time.sleep(0.2)
        return str(state)


@pytest.fixture(scope="module")
def alice(service: Runner, tmp_path_factory: pytest.TempPathFactory) -> Person:
    return Person(service, tmp_path_factory.mktemp("alice"), making.proxy(ALICE, **AGES), ALICE)


@pytest.fixture(scope="module")
def bob(service: Runner, tmp_path_factory: pytest.TempPathFactory) -> Person:
    return Person(service, tmp_path_factory.mktemp("bob"), making.proxy(BOB, **AGES), BOB)


@pytest.fixture(scope="module", params=["ours", "gLite's"])
def wms(request: pytest.FixtureRequest, service: Runner, alice: Person) -> Any:
    """Alice's client, made from our WSDL, or from the one that was published with gLite."""
    return alice.wms if request.param == "ours" else soap(service, alice.proxy, wsdl=str(OFFICIAL / "WMProxy.wsdl"))


SCRIPT = """[
  Type = "Job"; JobType = "Normal"; Executable = "run.sh"; Arguments = "there"; StdOutput = "out"; StdError = "err";
  InputSandbox = {"/home/alice/run.sh", "data.txt"}; OutputSandbox = {"out", "err"};
  VirtualOrganisation = "local"; MyOwnAttribute = "is kept"; RetryCount = 0; ShallowRetryCount = 1;
]"""


def refused(call: Callable[..., Any], *arguments: Any, **named: Any) -> tuple[str, str, str]:
    """The fault, its number and its sentence, of a call that fails."""
    with pytest.raises(zeep.exceptions.Fault) as caught:
        call(*arguments, **named)
    detail = caught.value.detail[0]
    assert detail.findtext("methodName")
    assert detail.findtext("Timestamp")
    name = detail.tag.partition("}")[2].removesuffix("Fault")
    return name, detail.findtext("ErrorCode"), detail.findtext("Description")


def test_the_life_of_a_job(alice: Person, wms: Any) -> None:
    made = wms.jobRegister(SCRIPT, "d")
    assert (made.name, made.childrenJob) == (None, [])
    assert wms.getJobStatus(made.id).status == "Submitted"
    [place] = wms.getSandboxDestURI(made.id, "all")
    assert place.endswith(made.path)
    assert [one.Item for one in wms.getSandboxBulkDestURI(made.id, "https")] == [[place]]
    assert refused(wms.jobStart, made.id)[:2] == ("OperationNotAllowed", "1226")
    alice.put(place, "run.sh", "#!/bin/sh\necho hello $1 $(cat data.txt)\n")
    alice.put(place, "data.txt", "and here")
    assert alice.curl(f"{place}/data.txt").stdout == "and here"
    assert alice.curl("-T", str(alice.proxy), f"{place}/other").returncode == 22
    wms.jobStart(made.id)
    assert refused(wms.jobStart, made.id)[2].startswith("The Operation is not allowed: the job has already been")
    assert alice.until(made.id, "Done") == "Done"
    found = {one.name.rpartition("/")[2]: one for one in wms.getOutputFileList(made.id, "https")}
    assert alice.curl(found["out"].name).stdout == "hello there and here\n"
    assert found["out"].size == len("hello there and here\n")
    assert refused(wms.jobCancel, made.id)[2].endswith("job status (DONE) doesn't allow job cancel")
    assert "MyOwnAttribute" in wms.getJDL(made.id, "REGISTERED")
    assert wms.getJDL(made.id, "ORIGINAL") == SCRIPT
    assert f'edg_jobid = "{made.id}"' in wms.getJDL(made.id, "REGISTERED")
    assert f'edg_jobid = "{made.id}"' not in wms.getJDL(
        wms.jobRegister(wms.getJDL(made.id, "REGISTERED"), "d").id, "REGISTERED"
    )
    assert wms.getJobProxyInfo(made.id).Identity == "/DC=org/O=Users/CN=Alice"
    wms.jobPurge(made.id)
    assert wms.getJobStatus(made.id).status == "Cleared"
    assert refused(wms.getOutputFileList, made.id, "")[2].endswith("doesn't allow getOutputFileList operation")
    assert alice.curl(found["out"].name).returncode == 22


def test_an_archive_in_the_layout_of_glites_client(alice: Person) -> None:
    text = """[ Executable = "run.sh"; StdOutput = "out"; OutputSandbox = {"out"}; InputSandbox = {"run.sh", "data"};
        AllowZippedISB = true; ZippedISB = {"ISBfiles_1_0.tar.gz"} ]"""
    made = alice.wms.jobRegister(text, "d")
    [place] = alice.wms.getSandboxDestURI(made.id, "https")
    below = alice.directory / "tree" / made.path.strip("/")
    below.mkdir(parents=True)
    (below / "run.sh").write_text("#!/bin/sh\ncat data; readlink data\n")
    (below / "real").write_text("linked\n")
    (below / "data").symlink_to("real")
    packed = alice.directory / "ISBfiles_1_0.tar.gz"
    subprocess.run(["tar", "czf", str(packed), "-C", str(alice.directory / "tree"), "sandbox"], check=True)
    assert alice.curl("-T", str(packed), f"{place}/{packed.name}").returncode == 0
    alice.wms.jobStart(made.id)
    alice.until(made.id, "Done")
    [file] = alice.wms.getOutputFileList(made.id, "https")
    assert alice.curl(file.name).stdout == "linked\nreal\n"


def test_a_registered_job_waits_to_be_started(alice: Person) -> None:
    simple = '[Executable = "/bin/true";]'
    held, gone = alice.wms.jobRegister(simple, "d"), alice.wms.jobSubmit(simple, "d")
    alice.until(gone.id, "Done")
    assert alice.wms.getJobStatus(held.id).status == "Submitted"
    alice.wms.jobCancel(held.id)
    assert alice.wms.getJobStatus(held.id).status == "Cancelled"
    assert refused(alice.wms.jobCancel, held.id)[2].endswith("job status doesn't allow job cancel")
    assert refused(alice.wms.getOutputFileList, gone.id[:-3], "")[:2] == ("JobUnknown", "1218")


def test_nodes_have_names_and_places(alice: Person, wms: Any) -> None:
    text = """[ Type = "collection"; Nodes = {
        [NodeName = "first"; Executable = "/bin/cat"; Arguments = "x"; StdOutput = "o"; OutputSandbox = {"o"};
         InputSandbox = {"/a/x"}],
        [Executable = "/bin/cat"; Arguments = "x"; StdOutput = "o"; OutputSandbox = {"o"}; InputSandbox = {"/b/x"}]
    } ]"""
    made = wms.jobRegister(text, "d")
    children = made.childrenJob
    assert [child.name for child in children] == ["first", "Node_1"]
    again = wms.jobRegister(wms.getJDL(made.id, "REGISTERED"), "d")
    assert [child.name for child in again.childrenJob] == ["first", "Node_1"]
    assert '"/a/x"' in wms.getJDL(again.childrenJob[0].id, "REGISTERED")
    places = {one.id: one.Item[0] for one in wms.getSandboxBulkDestURI(made.id, "all")}
    assert list(places) == [made.id, *(child.id for child in children)]
    for child in children:
        alice.put(places[child.id], "x", f"of {child.name}")
    wms.jobStart(made.id)
    alice.until(made.id, "Done")
    assert [child.status for child in wms.getJobStatus(made.id).childrenJob] == ["Done", "Done"]
    for child in children:
        [file] = wms.getOutputFileList(child.id, "")
        assert alice.curl(file.name).stdout == f"of {child.name}"
    assert refused(wms.getOutputFileList, made.id, "")[2].endswith("not allowed for dag or collection type")
    wms.jobPurge(made.id)
    alice.until(made.id, "Cleared")


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda wms: wms.jobRegister("[Executable = ", "d"), ("InvalidArgument", "1219", "line 1")),
        (lambda wms: wms.jobRegister('[Arguments = "x"]', "d"), ("InvalidArgument", "1220", "Executable")),
        (lambda wms: wms.jobSubmit('[Executable = "/bin/true"]', "none"), ("InvalidArgument", "1215", "'none'")),
        (lambda wms: wms.jobListMatch('[Executable = "/bin/true"; Requirements = other.None > 1]', "d"),
         ("NoSuitableResources", "1222", "No suitable resources found")),
        (lambda wms: wms.jobListMatch('[Type = "collection"; Nodes = {[Executable = "/bin/true"]}]', "d"),
         ("Generic", "1226", "The Operation is not allowed: Operation permitted only for normal job")),
        (lambda wms: wms.getSandboxDestURI("https://nowhere/x", "all"), ("JobUnknown", "1218", "")),
        (lambda wms: wms.getJobTemplate({"jobType": ["PARTITIONABLE"]}, "", "", "", ""),
         ("InvalidArgument", "1225", "PARTITIONABLE")),
    ],
)  # fmt: skip
def test_what_is_wrong(alice: Person, call: Callable[[Any], Any], expected: tuple[str, str, str]) -> None:
    name, number, sentence = refused(call, alice.wms)
    assert (name, number) == expected[:2]
    assert expected[2] in sentence


def test_another_port_is_the_same_service(alice: Person, service: Runner) -> None:
    url = f"https://127.0.0.1:{PORT}/glite_wms_wmproxy_server"
    told = alice.curl(f"{url}?wsdl").stdout
    assert f'location="{url}"' in told
    assert f"{url}?wsdl=delegation-2" in told
    body = f'<e:Envelope xmlns:e="{SOAP}"><e:Body><w:getVersion xmlns:w="http://glite.org/wms/wmproxy"/></e:Body></e:Envelope>'
    assert INTERFACE in alice.curl("-d", body, "-H", "Content-Type: application/soap+xml", url).stdout


JSDL = "http://schemas.ggf.org/jsdl/2005/11/jsdl"
POSIX = f"{JSDL}-posix"


def jsdl(wms: Any) -> Any:
    """A document as the client wants it: ours takes any element, gLite's has the types of JSDL."""
    application = etree.fromstring(
        f'<p:POSIXApplication xmlns:p="{POSIX}"><p:Executable>/bin/echo</p:Executable></p:POSIXApplication>'
    )
    if "JobDescription" in wms._client.get_type(f"{{{JSDL}}}JobDefinition_Type").signature():
        return {"JobDescription": {"Application": {"_value_1": [application]}}}
    description = etree.fromstring(f'<j:JobDescription xmlns:j="{JSDL}"><j:Application/></j:JobDescription>')
    description[0].append(application)
    return {"_value_1": [description]}


def test_jsdl(wms: Any) -> None:
    assert wms.jobListMatchJSDL(jsdl(wms), "d")
    job = wms.jobRegisterJSDL(jsdl(wms), "d")
    assert 'Executable = "/bin/echo"' in wms.getJDL(job.id, "REGISTERED")
    assert "POSIXApplication" in wms.getJDL(job.id, "ORIGINAL")
    assert wms.jobSubmitJSDL("d", jsdl(wms)).id != job.id


def test_matching(alice: Person) -> None:
    [place] = alice.wms.jobListMatch('[Executable = "/bin/true"; Rank = -2.7]', "d")
    assert place.size == -2
    assert "/" in place.name


def test_others_may_look_when_they_are_let(alice: Person, bob: Person) -> None:
    job = alice.wms.jobSubmit('[Executable = "/bin/true";]', "d").id
    assert refused(bob.wms.getJDL, job, "ORIGINAL")[:2] == ("Authorization", "1207")
    alice.wms.addACLItems(job, {"Item": ["/DC=org/O=Users/CN=Bob", "/testvo/Role=production"]})
    assert bob.wms.getACLItems(job) == ["/DC=org/O=Users/CN=Bob", "/testvo/Role=production"]
    assert "/bin/true" in bob.wms.getJDL(job, "ORIGINAL")
    alice.wms.removeACLItem(job, "/DC=org/O=Users/CN=Bob")
    assert refused(bob.wms.getJDL, job, "ORIGINAL")[0] == "Authorization"
    assert refused(alice.wms.removeACLItem, job, "/CN=Nobody")[:2] == ("OperationNotAllowed", "1211")


def test_the_vo_and_the_role_must_be_the_same(service: Runner, alice: Person, tmp_path: Path) -> None:
    issued = attributes(ALICE.certificate, SERVER, begins=NOW, ends=NOW + timedelta(hours=1))
    member = Person(service, tmp_path / "voms", proxy_with(ALICE, issued, **AGES), ALICE)
    name, number, sentence = refused(member.wms.jobSubmit, '[Executable = "/x"; VirtualOrganisation = "cms"]', "d")
    assert (name, number) == ("InvalidArgument", "1220")
    assert "'cms' is not the VO" in sentence
    job = member.wms.jobSubmit('[Executable = "/bin/true"]', "d").id
    assert 'VirtualOrganisation = "testvo"' in member.wms.getJDL(job, "REGISTERED")
    [vo] = member.wms.getJobProxyInfo(job).VOsInfo
    assert vo.VOName == "testvo"
    Person(service, tmp_path / "plain", making.proxy(ALICE, **AGES), ALICE)
    name, number, sentence = refused(member.wms.jobSubmit, '[Executable = "/bin/true"]', "d")
    assert (name, number) == ("Authorization", "1207")
    assert "does not match delegated proxy FQAN" in sentence


def test_a_drained_service_takes_no_jobs(service: Runner, alice: Person) -> None:
    drain = service.data / ".drain"
    drain.touch()
    try:
        assert refused(alice.wms.jobSubmit, '[Executable = "/bin/true"]', "d") == (
            "Authorization",
            "1207",
            "Unavailable service (the server is temporarily drained)",
        )
        assert alice.wms.getVersion()
    finally:
        drain.unlink()


def test_the_example_of_the_documentation(
    alice: Person, service: Runner, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)  # it would win over what the example says
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    page = (Path(__file__).parents[2] / "docs/operator/wmproxy.md").read_text()
    [example] = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    given = {
        "proxy": str(alice.proxy),
        "authorities": str(alice.trusted),
        "url": service.url,
        "wait": lambda: time.sleep(0.1),
    }
    exec(example.replace('"mine"', '"d"'), given)
    assert capsys.readouterr().out == "6 hello\n\n"


def test_figures_and_templates(wms: Any) -> None:
    assert wms.getTransferProtocols() == ["https"]
    assert wms.getMaxInputSandboxSize() == 2 << 30
    assert wms.getTotalQuota().softLimit == wms.getFreeQuota().hardLimit == -1
    wishes = {"requirements": "other.GlueCEInfoTotalCPUs > 1", "rank": "1"}
    templates = [
        wms.getJobTemplate({"jobType": ["NORMAL"]}, "/bin/true", "a b", **wishes),
        wms.getCollectionTemplate(2, **wishes),
        wms.getDAGTemplate({"name": None, "childrenJob": [{"name": "a", "childrenJob": [{"name": "b"}]}]}, **wishes),
        wms.getIntParametricJobTemplate({"Item": ["Arguments"]}, 3, 0, 1, **wishes),
        wms.getStringParametricJobTemplate({"Item": ["Arguments"]}, {"Item": ["x", "y"]}, **wishes),
    ]
    for text in templates:
        wms.jobRegister(text.replace("<executable>", "/bin/true"), "d")
    assert '"a b"' in templates[0]
