package io.inmesh.balance;

/** Learns what was decided about hosts; on the control loop. */
public interface HealthListener {
  /** Hosts became usable or unusable: balance anew. */
  void changed();

  /**
   * An outlier was found.
   *
   * @param enforced whether it was ejected for it, or only counted
   */
  void detected(Detector by, boolean enforced);

  /** An outlier stays because too many hosts are ejected already. */
  void overflow();

  /** So many more (or fewer) hosts are ejected now. */
  void ejections(int change);
}
