package io.inmesh.balance;

import io.inmesh.model.BalancerPolicy.Algorithm;
import java.util.Map;

/** The algorithms of the library and those that an application brings, by name. Immutable. */
public final class PickerRegistry implements PickerFactory {
  private final PickerFactory builtIn = new BuiltInPickers();
  private final Map<String, PickerFactory> custom;

  /** Built-in algorithms and these, whose names are the last part of their type URLs. */
  public PickerRegistry(Map<String, PickerFactory> custom) {
    this.custom = Map.copyOf(custom);
  }

  @Override
  public EndpointPicker create(HostSet hosts, Setting setting) {
    if (!(setting.policy().algorithm() instanceof Algorithm.Custom wanted)) {
      return builtIn.create(hosts, setting);
    }
    PickerFactory factory = custom.get(wanted.name());
    if (factory == null) {
      throw new IllegalArgumentException(
          "load balancer '" + wanted.name() + "' is not known; known are " + custom.keySet());
    }
    return factory.create(hosts, setting);
  }
}
