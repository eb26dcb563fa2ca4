package io.inmesh.testing;

import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * What {@link InmeshTest} means; register it with another seed to draw other random numbers.
 *
 * <pre>
 *   &#64;RegisterExtension static final MeshExtension mesh = MeshExtension.seeded(7);
 * </pre>
 */
public final class MeshExtension implements ParameterResolver, AfterEachCallback {
  private static final ExtensionContext.Namespace OURS =
      ExtensionContext.Namespace.create(MeshExtension.class);

  private final long seed;

  /** The usual random numbers. */
  public MeshExtension() {
    this(42);
  }

  private MeshExtension(long seed) {
    this.seed = seed;
  }

  /** Random numbers of a seed. */
  public static MeshExtension seeded(long seed) {
    return new MeshExtension(seed);
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == FakeMesh.class || type == LoopbackMesh.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return context
        .getStore(OURS)
        .getOrComputeIfAbsent(
            type, key -> key == FakeMesh.class ? new FakeMesh(seed) : new LoopbackMesh(seed));
  }

  @Override
  public void afterEach(ExtensionContext context) {
    ExtensionContext.Store store = context.getStore(OURS);
    boolean failed = context.getExecutionException().isPresent();
    FakeMesh fake = store.remove(FakeMesh.class, FakeMesh.class);
    if (fake != null && !failed) {
      fake.assertQuiet();
    }
    LoopbackMesh loopback = store.remove(LoopbackMesh.class, LoopbackMesh.class);
    if (loopback != null) {
      try (loopback) {
        if (!failed) {
          loopback.assertQuiet();
        }
      }
    }
  }
}
