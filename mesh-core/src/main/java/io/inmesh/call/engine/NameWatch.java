package io.inmesh.call.engine;

import io.inmesh.call.RequestHead;
import io.inmesh.model.Cluster;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A transport that wants to know which clusters a name leads to. Confined to the control loop. */
final class NameWatch {
  private final MeshEngine engine;
  private final String authority;
  private final RequestHead.Kind kind;
  private final Consumer<Map<String, Cluster>> consumer;
  private @Nullable Map<String, Cluster> told;
  private volatile boolean closed;

  NameWatch(
      MeshEngine engine,
      String authority,
      RequestHead.Kind kind,
      Consumer<Map<String, Cluster>> consumer) {
    this.engine = engine;
    this.authority = authority;
    this.kind = kind;
    this.consumer = consumer;
  }

  /** Tells what the configuration says now, if that is known and news. */
  void look(CompiledMesh mesh) {
    if (closed) {
      return;
    }
    Resolution found = engine.resolve(mesh, authority, "http", kind);
    if (found.service() == null && found.unknown()) {
      return;
    }
    Map<String, Cluster> clusters =
        found.service() == null ? Map.of() : found.service().clusters(mesh);
    if (!clusters.equals(told)) {
      told = clusters;
      consumer.accept(clusters);
    }
  }

  void close() {
    closed = true;
  }
}
