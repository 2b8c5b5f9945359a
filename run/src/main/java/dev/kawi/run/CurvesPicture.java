package dev.kawi.run;

import dev.kawi.run.Curves.Line;
import dev.kawi.run.Curves.Panel;
import dev.kawi.run.RunException.Reason;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/// Draws curves as a PNG file, by XChart; needs no screen.
final class CurvesPicture {
  private static final int WIDTH = 720;
  private static final int HEIGHT = 420;
  private static final int FEW_POINTS = 20;
  private static final Color INK = new Color(0x33, 0x3a, 0x44);
  private static final Color GRID = new Color(0xe6, 0xe9, 0xee);

  /// Told apart by people who see no red or no green, too (Okabe and Ito).
  private static final List<Color> COLORS =
      List.of(
          new Color(0x00, 0x72, 0xb2),
          new Color(0xd5, 0x5e, 0x00),
          new Color(0x00, 0x9e, 0x73),
          new Color(0xcc, 0x79, 0xa7));

  private CurvesPicture() {}

  static byte[] png(Curves curves) throws IOException {
    List<Panel> panels = curves.panels();
    int columns = Math.min(2, panels.size());
    int rows = (panels.size() + columns - 1) / columns;
    BufferedImage image =
        new BufferedImage(columns * WIDTH, rows * HEIGHT, BufferedImage.TYPE_INT_RGB);
    try {
      Graphics2D all = image.createGraphics();
      all.setColor(Color.WHITE);
      all.fillRect(0, 0, image.getWidth(), image.getHeight());
      for (int i = 0; i < panels.size(); i++) {
        int x = i % columns * WIDTH;
        int y = i / columns * HEIGHT;
        Graphics2D part = (Graphics2D) all.create(x, y, WIDTH, HEIGHT);
        paint(panels.get(i), part);
        part.dispose();
      }
      all.dispose();
    } catch (InternalError | RuntimeException | NoClassDefFoundError | UnsatisfiedLinkError e) {
      throw noFonts(e);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    if (!ImageIO.write(image, "png", bytes)) {
      throw new IllegalStateException("Bug: a JDK that writes no PNG");
    }
    return bytes.toByteArray();
  }

  /// What the JDK throws on a system without fonts says nothing of the kind.
  private static RuntimeException noFonts(Throwable e) {
    String found = String.valueOf(e).toLowerCase(Locale.ROOT);
    boolean fonts = found.contains("font") || found.contains("awt") || found.contains("freetype");
    return fonts
        ? new RunException(
            Reason.UNWRITABLE,
            "cannot draw the curves as PNG: Java finds no fonts on this system (%s); install fontconfig and a font, such as fonts-dejavu-core, or take the HTML, which needs none"
                .formatted(e),
            e)
        : e instanceof RuntimeException r
            ? r
            : new IllegalStateException("Bug: cannot draw the curves", e);
  }

  private static void paint(Panel panel, Graphics2D part) {
    if (panel.lines().stream().allMatch(line -> line.raw().finite().steps().length == 0)) {
      part.setColor(INK);
      part.drawString(panel.name() + ": no finite value", WIDTH / 3, HEIGHT / 2);
    } else {
      chart(panel).paint(part, WIDTH, HEIGHT);
    }
  }

  private static XYChart chart(Panel panel) {
    XYChart chart = new XYChartBuilder().width(WIDTH).height(HEIGHT).title(panel.name()).build();
    style(chart.getStyler());
    int color = 0;
    for (Line line : panel.lines()) {
      add(chart, line, COLORS.get(color++ % COLORS.size()));
    }
    return chart;
  }

  private static void style(XYStyler styler) {
    Font plain = new Font(Font.SANS_SERIF, Font.PLAIN, 12);
    styler
        .setChartBackgroundColor(Color.WHITE)
        .setChartFontColor(INK)
        .setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 16))
        .setPlotBackgroundColor(Color.WHITE)
        .setPlotBorderVisible(false)
        .setLegendFont(plain)
        .setLegendPosition(LegendPosition.OutsideS)
        .setLegendLayout(LegendLayout.Horizontal)
        .setLegendBorderColor(Color.WHITE)
        .setChartPadding(12);
    styler
        .setPlotGridLinesColor(GRID)
        .setAxisTickLabelsColor(INK)
        .setAxisTickMarksColor(GRID)
        .setAxisTickLabelsFont(plain)
        .setYAxisTickLabelsFormattingFunction(CurvesPicture::label)
        .setXAxisTickLabelsFormattingFunction(CurvesPicture::label);
  }

  /// A number on an axis, in as few signs as tell it.
  static String label(double value) {
    double size = Math.abs(value);
    if (value != 0 && (size < 1e-3 || size >= 1e7)) {
      return String.format(Locale.ROOT, "%.2e", value).replaceFirst("\\.?0*e", "e");
    }
    String text = String.format(Locale.ROOT, "%.4f", value);
    return text.replaceFirst("\\.?0*$", "");
  }

  private static void add(XYChart chart, Line line, Color color) {
    Curve raw = line.raw().finite();
    if (raw.steps().length == 0) {
      return;
    }
    Optional<Curve> smooth = line.smooth().map(Curve::finite);
    unalign(raw.steps());
    boolean few = raw.steps().length < FEW_POINTS;
    XYSeries drawn = chart.addSeries(raw.name(), raw.steps(), raw.values());
    drawn
        .setLineColor(smooth.isPresent() ? pale(color) : color)
        .setLineWidth(smooth.isPresent() ? 1 : 2);
    drawn.setMarker(few ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE).setMarkerColor(color);
    smooth.ifPresent(curve -> {
      unalign(curve.steps());
      String name = "%s, smoothed %s".formatted(curve.name(), Curves.SMOOTHING);
      XYSeries over = chart.addSeries(name, curve.steps(), curve.values());
      over.setLineColor(color).setLineWidth(2);
      over.setMarker(SeriesMarkers.NONE);
    });
  }

  /// XChart labels equally spaced steps by some of themselves (1, 17, 33 ...), and others by round
  /// numbers; a thousandth of a step, which nobody sees, makes them others.
  private static void unalign(double[] steps) {
    if (steps.length > 2) {
      steps[steps.length - 1] += 1e-3;
    }
  }

  private static Color pale(Color color) {
    return new Color(
        (color.getRed() + 2 * 255) / 3,
        (color.getGreen() + 2 * 255) / 3,
        (color.getBlue() + 2 * 255) / 3);
  }
}
