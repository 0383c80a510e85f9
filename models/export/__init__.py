"""Our nets into OpenVINO's form, at set-up: what serves on the CPU needs neither PyTorch nor the time to convert."""
