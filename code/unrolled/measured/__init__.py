"""What longer experiments found, and when and where."""
