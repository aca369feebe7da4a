"""As what the browser presents itself: layout depends on the device, the honest token stays."""

from __future__ import annotations

from attrs import frozen

from domain.captures import Profile
from domain.errors import PermanentError


@frozen(kw_only=True)
class Device:
    """One device profile; `user_agent` carries the token of sources.md 0.1."""

    profile: Profile
    user_agent: str
    width: int
    height: int
    mobile: bool

    @property
    def viewport(self) -> str:
        """For the record of the environment."""
        return f"{self.width}x{self.height}"


def devices(token: str) -> tuple[Device, ...]:
    """The two devices, both with the token, e.g. "MedAdMonitor/1.0 (+https://…)"."""
    return (
        Device(
            profile=Profile.DESKTOP,
            user_agent=f"Mozilla/5.0 (X11; Linux x86_64) {token}",
            width=1280,
            height=900,
            mobile=False,
        ),
        Device(
            profile=Profile.MOBILE,
            user_agent=f"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 "
            f"(KHTML, like Gecko) Mobile Safari/537.36 {token}",
            width=412,
            height=915,
            mobile=True,
        ),
    )


def device_for(profile: Profile, token: str) -> Device:
    """The device of this profile. Raises PermanentError for profiles that are no device."""
    for device in devices(token):
        if device.profile is profile:
            return device
    raise PermanentError(f"{profile} 不是浏览器可用的设备")
