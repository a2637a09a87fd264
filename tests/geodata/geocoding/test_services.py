"""The three web services against a server that answers as their manuals say, errors and nonsense included."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geocoordinates_ffi as oracle
import pytest

from geodata.geocoding import http
from geodata.geocoding.base import (
    COUNTY,
    CROSSING,
    HOUSE,
    STREET,
    UNKNOWN,
    ZONE,
    Answer,
    AnswerError,
    BusyError,
    GeocodingError,
    KeyRefusedError,
    Query,
    QuotaError,
)
from geodata.geocoding.service import Access, WebService
from tests.geodata.geocoding.services import (
    KEY,
    PATHS,
    Service,
    amap_error,
    amap_found,
    baidu_found,
    served,
    tianditu_found,
)

SPOT = (118.0951, 24.4773)  # as the service writes it, in its own datum
QUERY = Query("思明区湖滨南路 1 号", "350203", "思明区", "厦门市", "某某工会驿站")
FOUND = {"amap": amap_found, "baidu": baidu_found, "tianditu": tianditu_found}
NOTHING = {
    "amap": {"status": "1", "info": "OK", "infocode": "10000", "count": "0", "geocodes": []},
    "baidu": {"status": 1, "msg": "Internal Service Error:无相关结果", "results": []},
    "tianditu": {"msg": "查询无结果", "searchVersion": "6.4.9V", "status": "101"},
}


@pytest.fixture
def service() -> Iterator[Service]:
    with served() as one:
        yield one


Make = Callable[..., WebService]


@pytest.fixture
def make(service: Service, tmp_path: Path) -> Make:
    """Return a function that makes the client of a provider; it never waits between attempts."""

    def made(provider: str, cancelled: Callable[[], bool] = lambda: False, **about: Any) -> WebService:
        access = Access(provider, KEY, service.url, **{"per_second": 1000.0, "timeout": 2.0} | about)
        return WebService(access, tmp_path, cancelled, lambda seconds: time.sleep(min(seconds, 0.01)))

    return made


def one(client: WebService, query: Query = QUERY) -> Answer:
    return next(client.locate([query]))


@pytest.mark.parametrize("provider", PATHS)
def test_each_is_asked_as_its_manual_says_and_gets_address_and_county_alone(provider, make, service):
    service.says(FOUND[provider](*SPOT))
    assert one(make(provider)).found
    (asked,) = service.asked
    expected = {
        "amap": {"address": "厦门市思明区湖滨南路1号", "city": "350203", "output": "JSON", "key": KEY},
        "baidu": {"address": "厦门市思明区湖滨南路1号", "city": "厦门市", "output": "json", "ak": KEY},
        "tianditu": {"ds": '{"keyWord":"厦门市思明区湖滨南路1号"}', "tk": KEY},
    }[provider]
    assert asked == {"path": PATHS[provider], **expected}
    assert QUERY.name not in json.dumps(asked, ensure_ascii=False)


@pytest.mark.parametrize("provider", PATHS)
def test_answers_come_in_wgs84_from_the_datum_of_each(provider, make, service):
    service.says(FOUND[provider](*SPOT))
    found = one(make(provider))
    expected = {
        "amap": lambda: oracle.gcj02_to_wgs84_refined(oracle.Gcj02(lat=SPOT[1], lon=SPOT[0])),
        "baidu": lambda: oracle.bd09_to_wgs84_refined(oracle.Bd09(lat=SPOT[1], lon=SPOT[0])),
        "tianditu": lambda: oracle.Wgs84(lat=SPOT[1], lon=SPOT[0]),  # CGCS2000 and WGS-84 are one within centimetres
    }[provider]()
    assert found.lon == pytest.approx(expected.lon, abs=2e-6) and found.lat == pytest.approx(expected.lat, abs=2e-6)
    assert found.provider == provider


@pytest.mark.parametrize(
    ("provider", "said", "level", "confidence"),
    [
        ("amap", amap_found(*SPOT, "门牌号"), HOUSE, None),
        ("amap", amap_found(*SPOT, "兴趣点"), HOUSE, None),
        ("amap", amap_found(*SPOT, "道路交叉路口"), CROSSING, None),
        ("amap", amap_found(*SPOT, "道路"), STREET, None),
        ("amap", amap_found(*SPOT, "乡镇"), ZONE, None),
        ("amap", amap_found(*SPOT, "区县"), COUNTY, None),
        ("amap", amap_found(*SPOT, "未知"), UNKNOWN, None),
        ("baidu", baidu_found(*SPOT, "门址", 1, 80), HOUSE, 0.8),
        ("baidu", baidu_found(*SPOT, "医疗", 1, 90), HOUSE, 0.9),
        ("baidu", baidu_found(*SPOT, "门址", 0, 50), STREET, 0.5),  # it says itself that it has not found the door
        ("baidu", baidu_found(*SPOT, "道路", 0, 16), STREET, 0.16),
        ("baidu", baidu_found(*SPOT, "UNKNOWN", 0, 10), UNKNOWN, 0.1),
        ("tianditu", tianditu_found(*SPOT, "门址", 100), HOUSE, 1.0),
        ("tianditu", tianditu_found(*SPOT, "道路", 70), STREET, 0.7),
        ("tianditu", tianditu_found(*SPOT, "从未见过的级别", 70), UNKNOWN, 0.7),
    ],
)
def test_level_and_confidence_are_those_of_the_service(provider, said, level, confidence, make, service):
    service.says(said)
    found = one(make(provider))
    assert (found.level, found.confidence) == (level, confidence)


def test_an_answer_that_is_one_of_several_says_so(make, service):
    service.says(amap_found(*SPOT, more=2))
    assert one(make("amap")).others == 2


@pytest.mark.parametrize("provider", PATHS)
def test_nothing_found_is_an_answer_and_is_not_asked_again(provider, make, service):
    service.says(NOTHING[provider])
    assert not one(make(provider)).found and not one(make(provider)).found
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    ("provider", "status", "said", "error", "attempts"),
    [
        ("amap", 200, amap_error("10001", "INVALID_USER_KEY"), KeyRefusedError, 1),
        ("amap", 200, amap_error("10009", "USERKEY_PLAT_NOMATCH"), KeyRefusedError, 1),
        ("amap", 200, amap_error("10003", "DAILY_QUERY_OVER_LIMIT"), QuotaError, 1),
        ("amap", 200, amap_error("10044", "USER_DAILY_QUERY_OVER_LIMIT"), QuotaError, 1),
        ("amap", 200, amap_error("40000", "QUOTA_PLAN_RUN_OUT"), QuotaError, 1),
        ("amap", 200, amap_error("10004", "ACCESS_TOO_FREQUENT"), BusyError, 3),
        ("amap", 200, amap_error("10019", "CQPS_HAS_EXCEEDED_THE_LIMIT"), BusyError, 3),
        ("amap", 200, amap_error("10020", "CKQPS_HAS_EXCEEDED_THE_LIMIT"), BusyError, 3),
        ("amap", 200, amap_error("10021", "CUQPS_HAS_EXCEEDED_THE_LIMIT"), BusyError, 3),
        ("amap", 200, amap_error("99999", "SOMETHING_NEW"), AnswerError, 1),
        ("amap", 200, {"status": "1", "infocode": "10000"}, AnswerError, 1),
        ("baidu", 200, {"status": 4, "message": "配额校验失败"}, QuotaError, 1),
        ("baidu", 200, {"status": 301, "message": "永久配额超限，限制访问"}, QuotaError, 1),
        ("baidu", 200, {"status": 302, "message": "天配额超限，限制访问"}, QuotaError, 1),
        ("baidu", 200, {"status": 401, "message": "当前并发量已经超过约定并发配额，限制访问"}, BusyError, 3),
        ("baidu", 200, {"status": 1, "message": "服务器内部错误"}, BusyError, 3),
        ("baidu", 200, {"status": 5, "message": "ak不存在或者非法"}, KeyRefusedError, 1),
        ("baidu", 200, {"status": 101, "message": "AK参数不存在"}, KeyRefusedError, 1),
        ("baidu", 200, {"status": 240, "message": "APP 服务被禁用"}, KeyRefusedError, 1),
        ("baidu", 200, {"message": "no status"}, AnswerError, 1),
        ("tianditu", 403, {"code": 1, "msg": "非法Key", "resolve": "请到API控制台重新申请Key"}, KeyRefusedError, 1),
        ("tianditu", 200, {"code": 301012, "msg": "今日配额超限", "resolve": "请联系管理员"}, QuotaError, 1),
        ("tianditu", 200, {"code": 301010, "msg": "请求过于频繁", "resolve": ""}, BusyError, 3),
        ("tianditu", 429, b"", BusyError, 3),
        ("tianditu", 418, b"<html>I am a teapot</html>", KeyRefusedError, 1),
        ("tianditu", 200, {"status": "404", "msg": "出错"}, AnswerError, 1),
        *((provider, 200, b'{"status": "1", "geocodes": [', AnswerError, 1) for provider in PATHS),
        *((provider, 200, "<html>请先登录</html>".encode(), AnswerError, 1) for provider in PATHS),
        *((provider, 200, b"[1, 2]", AnswerError, 1) for provider in PATHS),
        *((provider, 200, b"", AnswerError, 1) for provider in PATHS),
        *((provider, 200, b"[" * 100_000, AnswerError, 1) for provider in PATHS),
        *((provider, 200, b" " * (http.MAX_BYTES + 1), AnswerError, 1) for provider in PATHS),
        *((provider, 302, b"", AnswerError, 1) for provider in PATHS),
        *((provider, 404, b"not here", AnswerError, 1) for provider in PATHS),
        *((provider, 500, b"oops", BusyError, 3) for provider in PATHS),
        *((provider, 503, b"", BusyError, 3) for provider in PATHS),
    ],
)
def test_what_goes_wrong_is_told_for_what_it_is_and_never_kept(provider, status, said, error, attempts, make, service):
    service.says(said, status)
    with pytest.raises(GeocodingError) as caught:
        one(make(provider))
    assert type(caught.value) is error and len(service.asked) == attempts
    assert KEY not in str(caught.value) and "<" not in str(caught.value)
    service.says(FOUND[provider](*SPOT))
    assert one(make(provider)).found


@pytest.mark.parametrize("provider", PATHS)
def test_a_service_that_recovers_is_asked_again(provider, make, service):
    answers = iter([(500, b"oops"), (200, FOUND[provider](*SPOT))])
    service.answer = lambda _: next(answers)
    assert one(make(provider)).found and len(service.asked) == 2


def test_a_slow_service_is_not_waited_for(make, service):
    service.says(amap_found(*SPOT))
    service.seconds = 30.0
    began = time.monotonic()
    with pytest.raises(BusyError, match="秒内回答"):
        one(make("amap", timeout=0.2))
    assert time.monotonic() - began < 10


def test_a_server_that_is_not_there_is_said_to_be_so(tmp_path):
    access = Access("amap", KEY, "http://127.0.0.1:9")
    with pytest.raises(BusyError, match=r"连不上 127\.0\.0\.1:9"):
        one(WebService(access, tmp_path, sleep=lambda _: None))


@pytest.mark.parametrize(
    "place",
    [
        {"location": []},
        {"location": "somewhere"},
        {"location": "nan,nan"},
        {"location": "0,0"},
        {"location": "-74.0,40.7"},
        {"location": "1e999,24"},
    ],
)
def test_a_place_that_is_none_is_not_found(place, make, service):
    said = amap_found(*SPOT)
    said["geocodes"][0] |= place
    service.says(said)
    assert not one(make("amap")).found


def test_a_query_without_an_address_is_never_sent(make, service):
    service.says(amap_found(*SPOT))
    assert not one(make("amap"), Query("  ", "350203", "思明区", "厦门市", "某某驿站")).found
    assert service.asked == []


def test_one_called_off_is_gone_on_with_where_it_was_left(make, service):
    service.says(baidu_found(*SPOT))
    queries = [Query(f"湖滨南路 {number} 号", "350203", "思明区", "厦门市") for number in range(10)]
    stopped = threading.Event()
    first = []
    for answer in make("baidu", stopped.is_set).locate(queries):
        first.append(answer)
        if len(first) == 4:
            stopped.set()
    assert len(first) == 4 and len(service.asked) == 4
    assert all(answer.found for answer in make("baidu").locate(queries))
    assert len(service.asked) == 10 and len({asked["address"] for asked in service.asked}) == 10


def test_the_quota_running_out_keeps_what_was_found(make, service):
    replies = iter([baidu_found(*SPOT)] * 3 + [{"status": 302, "message": "天配额超限"}])
    service.answer = lambda _: (200, next(replies))
    queries = [Query(f"湖滨南路 {number} 号", "350203") for number in range(6)]
    got = []
    with pytest.raises(QuotaError):
        got.extend(make("baidu").locate(queries))
    service.says(baidu_found(*SPOT))
    assert len(list(make("baidu").locate(queries))) == 6
    assert len(service.asked) == 4 + 3  # the three found first are not asked for again


def test_an_address_that_comes_twice_is_asked_for_once(make, service):
    service.says(amap_found(*SPOT))
    assert len(list(make("amap").locate([QUERY, QUERY, Query("湖滨南路１号", "350203", "思明区", "厦门市")]))) == 3
    assert len(service.asked) == 1


def test_the_limit_of_the_day_is_kept_by_all_who_share_a_home(make, service):
    service.says(amap_found(*SPOT))
    queries = [Query(f"{number} 号", "350203") for number in range(5)]
    assert len(list(make("amap", per_day=3).locate(queries[:2]))) == 2
    with pytest.raises(QuotaError, match="ATLAS_GEOCODER_PER_DAY"):
        list(make("amap", per_day=3).locate(queries))
    assert len(service.asked) == 3


def test_the_key_is_in_no_representation():
    assert KEY not in repr(Access("amap", KEY))
