package io.inmesh.balance;

/** A picker that looks at its hosts again from time to time, on the control loop. */
public interface RefreshedPicker extends EndpointPicker {
  /** How often {@link #refresh} is called. */
  long refreshNanos();

  /** Takes in what was learnt about the hosts since. */
  void refresh(long nowNanos);
}
