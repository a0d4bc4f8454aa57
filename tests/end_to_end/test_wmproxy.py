"""gLite's clients: a strict SOAP client made of the WSDL alone, over TLS with a proxy, against a real service."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import zeep
from zeep.transports import Transport

from gridwms.x509.chain import verify
from gridwms.x509.credential import Credential, sign_request
from gridwms.x509.pem import certificates_in
from gridwms.x509.trust import Anchors
from tests.end_to_end.certificates import AGES, ALICE, CA, NOW, SERVER, proxy_file
from tests.never_lost.rounds import Runner
from tests.x509 import making
from tests.x509.voms.making import attributes, proxy_with

GLITE = "{http://glite.org/wms/wmproxy}"


@pytest.fixture(scope="module")
def service(certified: Runner) -> Runner:
    return certified


def soap(service: Runner, file: Path, port: str = "WMProxy_PortType", wsdl: str = "") -> Any:
    """A client that knows what the service's WSDL says, and no more; or what another `wsdl` says."""
    session = requests.Session()
    session.trust_env = False
    session.verify = str(service.log.parent / "certificate.pem")
    session.cert = str(file)
    url = f"{service.url}/glite_wms_wmproxy_server"
    transport = Transport(session=session)
    client = zeep.Client(wsdl or f"{url}?wsdl", transport=transport, settings=zeep.Settings(strict=True))
    bound = client.bind("WMProxy", port)
    bound._binding_options["address"] = url if wsdl else bound._binding_options["address"]
    return bound


@pytest.fixture
def alice(tmp_path: Path) -> Path:
    return proxy_file(tmp_path, making.proxy(ALICE, **AGES), ALICE)


OWN = Credential(ALICE.certificate, ALICE.key)


def test_delegation_in_each_of_the_three_ways(service: Runner, alice: Path) -> None:
    now = datetime.now(UTC)
    for port in ("WMProxy_PortType", "WMProxyDelegation_PortType", "WMProxyDelegation2_PortType"):
        client = soap(service, alice, port)
        request = client.getProxyReq("name")
        client.putProxy("name", sign_request(request.encode(), OWN, now).decode())
        ends = soap(service, alice, "WMProxyDelegation2_PortType").getTerminationTime("name")
        assert abs((ends - ALICE.certificate.not_valid_after_utc).total_seconds()) < 2
    info = soap(service, alice).getDelegatedProxyInfo("name")
    assert info.Identity == "/DC=org/O=Users/CN=Alice"
    assert info.Type == "RFC 3820 compliant impersonation proxy"
    assert info.Strength == "2048"
    assert info.VOsInfo == []


def test_a_new_name_renewal_and_the_end(service: Runner, alice: Path) -> None:
    client = soap(service, alice, "WMProxyDelegation2_PortType")
    new = client.getNewProxyReq()
    with pytest.raises(zeep.exceptions.Fault, match="begun and not completed"):
        client.getTerminationTime(new.delegationID)
    client.putProxy(new.delegationID, sign_request(new.proxyRequest.encode(), OWN, datetime.now(UTC)).decode())
    client.putProxy(
        new.delegationID, sign_request(client.renewProxyReq(new.delegationID).encode(), OWN, datetime.now(UTC)).decode()
    )
    client.destroy(new.delegationID)
    with pytest.raises(zeep.exceptions.Fault, match="There is no delegation") as caught:
        client.renewProxyReq(new.delegationID)
    assert caught.value.detail[0].tag.endswith("}DelegationException")


def test_voms_attributes_are_told(service: Runner, tmp_path: Path) -> None:
    proxy = proxy_with(ALICE, attributes(ALICE.certificate, SERVER, begins=NOW, ends=NOW + AGES["ends"]), **AGES)
    client = soap(service, proxy_file(tmp_path, proxy, ALICE))
    own = Credential(proxy.certificate, proxy.key, (ALICE.certificate,))
    client.putProxy("voms", sign_request(client.getProxyReq("voms").encode(), own, datetime.now(UTC)).decode())
    (vo,) = client.getDelegatedProxyInfo("voms").VOsInfo
    assert (vo.User, vo.UserCA) == ("/DC=org/O=Users/CN=Alice", "/DC=org/CN=Test CA")
    assert (vo.VOName, vo.URI) == ("testvo", "voms.example.org:15000")
    assert vo.Attribute == ["/testvo/Role=production/Capability=NULL", "/testvo/Role=NULL/Capability=NULL"]


def test_faults_as_the_wsdl_names_them(service: Runner, alice: Path, tmp_path: Path) -> None:
    with pytest.raises(zeep.exceptions.Fault) as caught:
        soap(service, alice).getDelegatedProxyInfo("unknown")
    fault = caught.value.detail[0]
    assert fault.tag == f"{GLITE}InvalidArgumentFault"
    assert (fault.findtext("methodName"), fault.findtext("ErrorCode")) == ("getDelegatedProxyInfo", "1215")
    old = proxy_file(tmp_path, making.legacy_proxy(ALICE, **AGES), ALICE)
    body = '<g:getVersion xmlns:g="http://glite.org/wms/wmproxy"/>'
    answer = post(service, old, body)
    assert answer.status_code == 500
    assert f"{GLITE.strip('{}')}" in answer.text
    assert "AuthenticationFault" in answer.text
    assert "old kind" in answer.text


def post(service: Runner, file: Path, body: str) -> requests.Response:
    message = f'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>{body}</e:Body></e:Envelope>'
    with requests.Session() as session:
        session.trust_env = False
        return session.post(
            f"{service.url}/glite_wms_wmproxy_server",
            data=message,
            headers={"Content-Type": "text/xml", "SOAPAction": '""'},
            cert=str(file),
            verify=str(service.log.parent / "certificate.pem"),
            timeout=30,
        )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('<g:jobForget xmlns:g="http://glite.org/wms/wmproxy"/>', "no operation 'jobForget'"),
        ('<g:putProxy xmlns:g="http://glite.org/wms/wmproxy"/>', "'delegationID' is missing"),
        ("<x>&lt;</x>", "no operation 'x'"),
    ],
)
def test_calls_that_are_wrong(service: Runner, alice: Path, body: str, words: str) -> None:
    answer = post(service, alice, body)
    assert answer.status_code == 500
    assert words in answer.text


def test_the_chain_that_is_stored_is_sound_and_no_key_is_in_the_clear(service: Runner, alice: Path) -> None:
    client = soap(service, alice)
    signed = sign_request(client.getProxyReq("kept").encode(), OWN, datetime.now(UTC))
    verify(certificates_in(signed, "it"), Anchors({CA.certificate.subject: (CA.certificate,)}), datetime.now(UTC))
    client.putProxy("kept", signed.decode())
    command = ["grep", "-rlaE", "PRIVATE KEY", str(service.data), str(service.log)]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
    assert found == []
