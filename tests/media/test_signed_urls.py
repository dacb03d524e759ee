"""Signed URLs: those of many vendors, and permanent ones that look a little like them."""

from __future__ import annotations

import pytest

from runner.media.signed_urls import is_signed

MD5 = "5f4dcc3b5aa765d61d8327deb882cf99"


@pytest.mark.parametrize(
    "tail",
    [
        pytest.param("?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=ab", id="S3"),
        pytest.param("?AWSAccessKeyId=AK&Expires=1790000000&Signature=ab%3D", id="S3 version 2"),
        pytest.param("?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Signature=ab", id="Google"),
        pytest.param("?GoogleAccessId=me&Expires=1790000000&Signature=ab", id="Google version 2"),
        pytest.param("?Policy=ab&Signature=cd&Key-Pair-Id=EF", id="CloudFront"),
        pytest.param("?sv=2024-11-04&se=2026-12-01T00%3A00%3A00Z&sr=b&sp=r&sig=ab%3D", id="Azure"),
        pytest.param("?sv=2024-11-04&si=policy&sr=c&sig=ab%3D", id="Azure with a policy"),
        pytest.param("?e=1790000000&token=AK:sig=", id="Qiniu"),
        pytest.param(f"?sign={MD5}&t=6ab2c000", id="Qiniu CDN"),
        pytest.param("?OSSAccessKeyId=AK&Expires=1790000000&Signature=ab", id="Alibaba OSS"),
        pytest.param("?x-oss-credential=AK&x-oss-signature=ab", id="Alibaba OSS version 4"),
        pytest.param("?sign=q-sign-algorithm%3Dsha1%26q-ak%3DAK", id="Tencent COS, older"),
        pytest.param("?token=GHSAT0AAAAAACABCDEFGHIJKLMNOPQ", id="GitHub, private"),
        pytest.param("?UniqueId=1&tempauth=v1.eyJ", id="SharePoint"),
        pytest.param("?wsSecret=ab&wsTime=6ab2c000", id="Wangsu"),
        pytest.param(f"?auth_key=1790000000-0-0-{MD5}", id="Alibaba CDN A"),
        pytest.param("?q-sign-algorithm=sha1&q-ak=AK&q-signature=ab", id="Tencent COS"),
        pytest.param(f"?sign=1790000000-x3f-0-{MD5}", id="Tencent CDN A"),
        pytest.param("?AccessKeyId=AK&Expires=1790000000&Signature=ab", id="Huawei OBS"),
        pytest.param("?X-Obs-Signature=ab", id="Huawei OBS version 4"),
        pytest.param(f"?hwSecret={MD5}&hwTime=6ab2c000", id="Huawei CDN"),
        pytest.param("?X-Tos-Algorithm=TOS4-HMAC-SHA256&X-Tos-Signature=ab", id="Volcengine TOS"),
        pytest.param("?lk3s=ab&x-expires=1790000000&x-signature=ab%3D", id="Volcengine ImageX"),
        pytest.param("?authorization=bce-auth-v1%2FAK%2F2026", id="Baidu BOS"),
        pytest.param("?UCloudPublicKey=AK&Expires=1790000000&Signature=ab", id="UCloud US3"),
        pytest.param("?KSSAccessKeyId=AK&Expires=1790000000&Signature=ab", id="Kingsoft KS3"),
        pytest.param("?_upt=abcdefgh1790000000", id="Upyun"),
        pytest.param("?hdnts=exp=1790000000~acl=/*~hmac=ab", id="Akamai"),
        pytest.param("?t=exp%3D1790000000~hmac%3Dab", id="Akamai under another name"),
        pytest.param("?verify=1790000000-3nKk8Zp0b9kq2m8dGQ0yXo1x6o4mHn2Z7lqvYb1QZxY%3D", id="WAF"),
        pytest.param("?exp=1790000000&sig=ab", id="Cloudflare Images"),
        pytest.param("?token=ab&expires=1790000000", id="Bunny"),
        pytest.param("?ex=6ab2c000&is=6ab16e80&hm=ab&", id="Discord"),
        pytest.param("?oh=00_ab&oe=6AB2C000", id="Instagram"),
        pytest.param("?token=eyJhbGciOiJIUzI1NiJ9.eyJ1cmwiOiJhIn0.ab-_", id="Supabase"),
        pytest.param("?expirationTimestamp=1790000000&table=block", id="Notion"),
        pytest.param("?size=2&EXPIRES=1790000000#top", id="case and fragment"),
    ],
)
def test_the_links_of_many_vendors_are_signed(tail: str) -> None:
    assert is_signed("https://cdn.example.com/a.png" + tail)


@pytest.mark.parametrize(
    "path",
    [f"202612010000/{MD5}/a.png", f"{MD5}/6ab2c000/a.png", f"1790000000/{MD5}/a.png"],
)
def test_time_and_digest_as_folders_are_a_signature(path: str) -> None:
    assert is_signed(f"https://cdn.example.com/{path}")


@pytest.mark.parametrize(
    "tail",
    [
        "a.png",
        "a.png?v=1790000000",
        "a.png?size=large&token=3b0c7d2e-7f7b-4f0a-9d0e-1c2d3e4f5a6b",
        "a.png?alt=media&token=3b0c7d2e-7f7b-4f0a-9d0e-1c2d3e4f5a6b",
        "a.png?x-oss-process=image/resize,w_300",
        "a.png?x-tos-process=image/resize,w_300",
        "a.png?imageMogr2/thumbnail/300x",
        "a.png?t=1790000000",
        "a.png?sign=&t=",
        "a.png?design=1&t=2",
        "a.png#Signature=ab",
        "Expires=1/a.png",
        f"{MD5}/a.png",
        "s--abc--/a.png?s=5f4dcc3b5aa765d6",
    ],
)
def test_permanent_urls_are_not_signed(tail: str) -> None:
    assert not is_signed(f"https://cdn.example.com/{tail}")
