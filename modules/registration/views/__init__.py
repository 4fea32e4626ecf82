"""Pages of registration: the window, appointments, the schedule, the queue and its screen."""

from modules.registration.views import appointments, display, queue, schedule, sessions, visits, window
from modules.registration.views.blueprint import blueprint

__all__ = ["appointments", "blueprint", "display", "queue", "schedule", "sessions", "visits", "window"]
