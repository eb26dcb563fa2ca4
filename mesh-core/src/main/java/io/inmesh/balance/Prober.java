package io.inmesh.balance;

import java.util.function.Consumer;

/** Asks endpoints whether they work. Its methods are called on the control loop. */
public interface Prober {
  /** Prepares to ask an endpoint; nothing is connected before the first question. */
  Session open(ProbeTarget target);

  /** The questions to one endpoint, one at a time. */
  interface Session {
    /**
     * Asks.
     *
     * @param answered called once, on the control loop, unless {@link #close} comes before
     */
    void ask(Consumer<ProbeAnswer> answered);

    /** Gives up what was asked and ends the connection; a later question connects anew. */
    void close();
  }
}
