package io.inmesh.conformance.world;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.Extension;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestTemplateInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContextProvider;

/** Runs a case over the transports it asks for. */
final class Invocations implements TestTemplateInvocationContextProvider {
  @Override
  public boolean supportsTestTemplate(ExtensionContext context) {
    return true;
  }

  @Override
  public Stream<TestTemplateInvocationContext> provideTestTemplateInvocationContexts(
      ExtensionContext context) {
    OverEveryTransport asked =
        context.getRequiredTestMethod().getAnnotation(OverEveryTransport.class);
    Set<Transport> transports =
        asked.only().length == 0 ? usual() : EnumSet.copyOf(List.of(asked.only()));
    transports.addAll(Arrays.asList(asked.also()));
    transports.removeAll(Arrays.asList(asked.except()));
    Set<Style> styles =
        asked.styles().length == 0
            ? EnumSet.allOf(Style.class)
            : EnumSet.copyOf(List.of(asked.styles()));
    return transports.stream()
        .flatMap(
            transport ->
                styles.stream()
                    .filter(style -> asked.only().length > 0 || usual(transport, style, styles))
                    .map(style -> new Invocation(transport, style)));
  }

  /** All plaintext transports, and of those over mutual TLS the one that shares most with them. */
  private static Set<Transport> usual() {
    Set<Transport> transports = EnumSet.allOf(Transport.class);
    transports.removeIf(transport -> transport.secured() || transport.spring());
    transports.add(Transport.H2_MTLS);
    return transports;
  }

  /** Identities take time to make: over mutual TLS one way of waiting is enough. */
  private static boolean usual(Transport transport, Style style, Set<Style> styles) {
    return !transport.secured() || style == Style.ASYNC || styles.size() == 1;
  }

  private record Invocation(Transport transport, Style style)
      implements TestTemplateInvocationContext {
    @Override
    public String getDisplayName(int index) {
      return transport + " " + style;
    }

    @Override
    public List<Extension> getAdditionalExtensions() {
      return List.of(new OneWorld(transport, style));
    }
  }

  /** Makes the world and, whatever comes, ends it. */
  private static final class OneWorld implements ParameterResolver, AfterEachCallback {
    private final Transport transport;
    private final Style style;
    private @Nullable World world;

    OneWorld(Transport transport, Style style) {
      this.transport = transport;
      this.style = style;
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
      return parameter.getParameter().getType() == World.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
      World created = new World(transport, style);
      world = created;
      return created;
    }

    @Override
    public void afterEach(ExtensionContext context) {
      if (world != null) {
        world.end(context.getExecutionException().isPresent());
      }
    }
  }
}
