package io.inmesh.server.registry;

import java.util.Collection;
import java.util.function.Supplier;

/** Where leases outlive the process. Called on the registry's thread only. */
interface RegistryStore extends AutoCloseable {
  /** What was stored when the store was opened. */
  Collection<StoredLease> restored();

  /** The highest epoch ever given out, as far as is known. */
  long restoredEpoch();

  /** Keeps a lease, replacing what was kept under its key. */
  void put(StoredLease lease);

  /** Forgets a lease. */
  void remove(InstanceKey key, long epoch);

  /**
   * Called now and then when the store may tidy up.
   *
   * @param epoch the highest epoch given out
   * @param live all leases there are
   */
  void compact(long epoch, Supplier<Collection<StoredLease>> live);

  /** What is wrong with the store, in one sentence; empty if nothing. */
  String trouble();

  @Override
  void close();

  /** A store that forgets. */
  static RegistryStore inMemory() {
    return new RegistryStore() {
      @Override
      public Collection<StoredLease> restored() {
        return java.util.List.of();
      }

      @Override
      public long restoredEpoch() {
        return 0;
      }

      @Override
      public void put(StoredLease lease) {}

      @Override
      public void remove(InstanceKey key, long epoch) {}

      @Override
      public void compact(long epoch, Supplier<Collection<StoredLease>> live) {}

      @Override
      public String trouble() {
        return "";
      }

      @Override
      public void close() {}
    };
  }
}
