package org.nemotron.examples.published;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import com.google.common.primitives.ImmutableLongArray;
import java.lang.annotation.Annotation;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.runtime.chat.ChatOptions;
import org.nemotron.runtime.sampling.TokenConstraint;

/** That values are immutable to the bottom, and that every package says what null means. */
final class PublishedValuesTest {
  private static final ImmutableSet<Class<?>> IMMUTABLE_VALUES =
      ImmutableSet.of(
          String.class,
          Path.class,
          Duration.class,
          Instant.class,
          Class.class,
          ImmutableIntArray.class,
          ImmutableLongArray.class,
          ImmutableDoubleArray.class,
          ChatOptions.class,
          TokenConstraint.class);

  /** What a result hands over: to be closed by who receives it, or to the scope that is open. */
  private static final ImmutableSet<Class<?>> HANDED_OVER =
      ImmutableSet.of(HeterogeneousModel.class, BlockLibrary.class, Tensor.class);

  @ParameterizedTest
  @MethodSource("modules")
  void components_ofPublicRecords_areImmutable(PublishedModule module) {
    assertThat(
            module.types().values().stream()
                .filter(Class::isRecord)
                .flatMap(type -> Stream.of(type.getRecordComponents()))
                .filter(component -> !isImmutable(component.getType()))
                .map(PublishedValuesTest::sentence))
        .isEmpty();
  }

  @ParameterizedTest
  @MethodSource("modules")
  void fields_ofPublicTypes_areFinal(PublishedModule module) {
    assertThat(
            module.types().values().stream()
                .flatMap(type -> Stream.of(type.getDeclaredFields()))
                .filter(field -> Modifier.isPublic(field.getModifiers()))
                .filter(field -> !Modifier.isFinal(field.getModifiers())))
        .isEmpty();
  }

  @ParameterizedTest
  @MethodSource("modules")
  void packages_all_areNullMarked(PublishedModule module) throws ClassNotFoundException {
    for (String name : module.exported()) {
      Class<?> information = Class.forName(name + ".package-info");
      assertThat(information.getAnnotations())
          .as(name)
          .extracting(Annotation::annotationType)
          .contains(NullMarked.class);
    }
  }

  private static boolean isImmutable(Class<?> type) {
    return type.isPrimitive()
        || type.isEnum()
        || type.isRecord()
        || type.isSealed()
        || IMMUTABLE_VALUES.contains(type)
        || HANDED_OVER.contains(type)
        || type.getName().startsWith("com.google.common.collect.Immutable");
  }

  private static String sentence(RecordComponent component) {
    return "%s.%s is a %s"
        .formatted(
            component.getDeclaringRecord().getName(),
            component.getName(),
            component.getType().getName());
  }

  static ImmutableList<PublishedModule> modules() {
    return PublishedModule.all();
  }
}
