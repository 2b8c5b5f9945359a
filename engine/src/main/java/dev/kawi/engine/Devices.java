package dev.kawi.engine;

import dev.kawi.kernel.Kernels;
import dev.kawi.kernel.ThreadTeam;
import dev.kawi.nn.CpuDevice;
import dev.kawi.nn.Device;

/// Opens the device that a model runs on.
@FunctionalInterface
public interface Devices {
  /// The processor.
  Devices CPU = CpuDevice::new;

  /// A device for one model, which its engine closes.
  ///
  /// @param kernels the processor's
  /// @param team the threads that all models share, for use during a step
  Device open(Kernels kernels, ThreadTeam team);
}
