package org.nemotron.nas.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class TextTableTest {
  @Test
  void render_mixedWidths_alignsTextLeftAndFiguresRight() {
    TextTable table = TextTable.withHeader("model", "speed");
    table.addRow("parent", "1.00×");
    table.addRow("child", "12.50×");
    assertThat(table.render())
        .isEqualTo("model    speed\n--------------\nparent   1.00×\nchild   12.50×\n");
  }

  @Test
  void render_longHeading_doesNotWidenColumns() {
    TextTable table = TextTable.withHeader("a", "b");
    table.addHeading("a heading that is longer than the table");
    table.addRow("x", "1");
    assertThat(table.render())
        .isEqualTo("a  b\n----\na heading that is longer than the table\nx  1\n");
  }

  @Test
  void addRow_missingCell_refused() {
    TextTable table = TextTable.withHeader("a", "b");
    assertThatThrownBy(() -> table.addRow("x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("cells (1) must be as many as columns (2)");
  }
}
