package dev.kawi.engine;

class CpuDeviceTest extends DeviceContract {
  @Override
  Devices devices() {
    return Devices.CPU;
  }
}
