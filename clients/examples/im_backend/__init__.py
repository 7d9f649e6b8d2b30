"""An example: an instant-messaging backend whose users are verified and stay pseudonymous."""

from clients.examples.im_backend.backend import Form, ImBackend, User

__all__ = ["Form", "ImBackend", "User"]
