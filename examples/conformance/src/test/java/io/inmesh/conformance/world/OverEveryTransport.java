package io.inmesh.conformance.world;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.TestTemplate;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A case of the behaviour suite: runs once for each {@link Transport} and {@link Style}, each time
 * in a {@link World} of its own, which it takes as its parameter.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@TestTemplate
@Timeout(60)
@ExtendWith(Invocations.class)
public @interface OverEveryTransport {
  /** The transports that have such a thing at all; all if empty. */
  Transport[] only() default {};

  /** Further transports, which take too long for every case. */
  Transport[] also() default {};

  /** Transports where it means nothing; say why beside it. */
  Transport[] except() default {};

  /** How the application waits; all ways if empty. */
  Style[] styles() default {};
}
