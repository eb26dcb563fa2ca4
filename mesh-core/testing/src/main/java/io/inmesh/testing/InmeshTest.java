package io.inmesh.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives each test of the class a mesh of its own: a parameter of type {@link LoopbackMesh}, with
 * real sockets, for tests of applications, or of type {@link FakeMesh}, in virtual time, for tests
 * of policies. After each test nothing may be in flight.
 */
@Documented
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(MeshExtension.class)
public @interface InmeshTest {}
