"""Courses: planned, looked at, moved along, ended."""

from bookings.views.courses.one import BookRest, MoveRest, OneCourse
from bookings.views.courses.planning import NewCourse
from bookings.views.courses.words import course_lines

__all__ = ["BookRest", "MoveRest", "NewCourse", "OneCourse", "course_lines"]
