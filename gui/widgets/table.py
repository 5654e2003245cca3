"""A table of presenters' rows: states as pills, figures with a curve; it knows no page and asks nobody.

What is selected, opened and scrolled to stays as it is when new rows arrive; cells that did not change are not
painted again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPainterPath,
    QPen,
    QResizeEvent,
    QStandardItem,
    QStandardItemModel,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
)

from gui.presenters.cells import Cell, Row, Tone
from gui.widgets import icons
from gui.widgets.theme import GAP, colours

_CELL = Qt.ItemDataRole.UserRole + 1
_KEY = Qt.ItemDataRole.UserRole + 2
_STRONG = Qt.ItemDataRole.UserRole + 3
_AnyIndex = QModelIndex | QPersistentModelIndex
_ROW_HEIGHT = 32
_ICON = 16
_CURVE = 52
_WIDEST = 330
_LEAST_STRETCH = 90


class _Painter(QStyledItemDelegate):
    """Paints one cell."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _AnyIndex) -> QSize:  # noqa: N802 - Qt's name
        """Room for the text, its icon, pill and curve."""
        cell = _cell_of(index)
        width = QFontMetricsF(self._font(option, index)).horizontalAdvance(cell.text) + 2 * GAP + 2
        width += 22 if cell.pill else 0
        width += _ICON + GAP if cell.icon else 0
        width += _CURVE + GAP if cell.series else 0
        return QSize(round(width), _ROW_HEIGHT)

    @staticmethod
    def _font(option: QStyleOptionViewItem, index: _AnyIndex) -> QFont:
        font = QFont(option.font)
        if index.data(_STRONG) and index.column() == 0:
            font.setWeight(QFont.Weight.DemiBold)
        return font

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _AnyIndex) -> None:
        """Paint background, then what the cell says."""
        scheme = colours()
        cell = _cell_of(index)
        rect = QRectF(option.rect)
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_MouseOver and not state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, scheme.wash(Tone.MUTED, 0.06))
        painter.setFont(self._font(option, index))
        rect.adjust(GAP, 0, -GAP, 0)
        if cell.icon:
            place = QRectF(rect.left(), rect.center().y() - _ICON / 2, _ICON, _ICON)
            icons.draw(cell.icon, painter, place, QColor(scheme.muted))
            rect.setLeft(rect.left() + _ICON + GAP)
        if cell.series:
            place = QRectF(rect.right() - _CURVE, rect.top() + 7, _CURVE, rect.height() - 14)
            _draw_curve(painter, place, cell, QColor(scheme.accent))
            rect.setRight(rect.right() - _CURVE - GAP)
        if cell.pill and cell.text:
            _draw_pill(painter, rect, cell)
        else:
            _draw_text(painter, rect, cell, scheme.tone(cell.tone))
        painter.restore()


def _draw_text(painter: QPainter, rect: QRectF, cell: Cell, colour: QColor) -> None:
    painter.setPen(colour)
    text = painter.fontMetrics().elidedText(cell.text, Qt.TextElideMode.ElideRight, int(rect.width()))
    painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)


def _draw_pill(painter: QPainter, rect: QRectF, cell: Cell) -> None:
    scheme = colours()
    metrics = painter.fontMetrics()
    width = min(rect.width(), metrics.horizontalAdvance(cell.text) + 26.0)
    pill = QRectF(rect.left(), rect.center().y() - 10, width, 20)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(scheme.wash(cell.tone, 0.14))
    painter.drawRoundedRect(pill, 10, 10)
    painter.setBrush(scheme.tone(cell.tone))
    painter.drawEllipse(QPointF(pill.left() + 10, pill.center().y()), 3, 3)
    painter.setPen(scheme.tone(cell.tone))
    inner = pill.adjusted(17, 0, -8, 0)
    text = metrics.elidedText(cell.text, Qt.TextElideMode.ElideRight, int(inner.width()) + 1)
    painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)


def _draw_curve(painter: QPainter, place: QRectF, cell: Cell, colour: QColor) -> None:
    highest = max(cell.top, *cell.series, 1e-9) * 1.08
    # The newest reading stands at the right edge; the curve grows from there as readings come in.
    step = place.width() / 59
    shown = cell.series[-60:]
    points = [
        QPointF(place.right() - step * (len(shown) - 1 - i), place.bottom() - place.height() * value / highest)
        for i, value in enumerate(shown)
    ]
    line = QPainterPath(points[0])
    for point in points[1:]:
        line.lineTo(point)
    area = QPainterPath(line)
    area.lineTo(points[-1].x(), place.bottom())
    area.lineTo(points[0].x(), place.bottom())
    area.closeSubpath()
    soft = QColor(colour)
    soft.setAlphaF(0.16)
    painter.fillPath(area, soft)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(colour, 1.3))
    painter.drawPath(line)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(points[-1], 1.7, 1.7)


def _cell_of(index: _AnyIndex) -> Cell:
    cell = index.data(_CELL)
    return cell if isinstance(cell, Cell) else Cell("")


class RowsView(QTreeView):
    """Shows rows; one can be selected. Keys are the rows' own."""

    picked = Signal()
    """Another row is selected, or none."""
    chosen = Signal(str)
    """A row was double-clicked, or Enter pressed on it."""

    def __init__(self, columns: Sequence[str], name: str, stretch: int, *, gives_way: tuple[int, ...] = ()) -> None:
        super().__init__()
        self._stretch = stretch
        self._gives_way = gives_way
        self._model = QStandardItemModel(0, len(columns), self)
        self._model.setHorizontalHeaderLabels(list(columns))
        self._shown = QSortFilterProxyModel(self)
        self._shown.setSourceModel(self._model)
        self._shown.setRecursiveFilteringEnabled(True)
        self._shown.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._shown.setFilterKeyColumn(-1)
        self.setModel(self._shown)
        self._rows: tuple[Row, ...] = ()
        self._columns = len(columns)
        self.setAccessibleName(name)
        self.setItemDelegate(_Painter(self))
        self.setUniformRowHeights(True)
        self.setRootIsDecorated(False)
        self.setAlternatingRowColors(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setItemsExpandable(True)
        self.setIndentation(18)
        self.setMouseTracking(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        header = self.header()
        header.setStretchLastSection(False)
        header.setMaximumSectionSize(_WIDEST)
        header.setSectionsMovable(False)
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column in range(self._columns):
            header.setSectionResizeMode(
                column,
                QHeaderView.ResizeMode.Stretch if column == stretch else QHeaderView.ResizeMode.ResizeToContents,
            )
        self.selectionModel().selectionChanged.connect(lambda *_: self.picked.emit())
        self.activated.connect(lambda index: self.chosen.emit(index.siblingAtColumn(0).data(_KEY)))

    @property
    def selected(self) -> str | None:
        """The key of the selected row, None if there is none."""
        rows = self.selectionModel().selectedRows(0)
        return cast("str", rows[0].data(_KEY)) if rows else None

    @property
    def rows(self) -> tuple[Row, ...]:
        """What was shown last."""
        return self._rows

    def select(self, key: str) -> None:
        """Select the row ``key`` if it is there."""
        for item in self._items(self._model.invisibleRootItem()):
            if item.data(_KEY) == key:
                index = self._shown.mapFromSource(item.index())
                self.setCurrentIndex(index)
                self.scrollTo(index)

    def wanted_height(self, rows: int) -> int:
        """The height in which ``rows`` rows are seen without scrolling."""
        return self.header().sizeHint().height() + rows * _ROW_HEIGHT + 4

    def set_filter(self, wanted: str) -> None:
        """Show only rows in which ``wanted`` occurs, with the rows above them."""
        self._shown.setFilterFixedString(wanted.strip())
        self.expandAll()

    def show_rows(self, rows: tuple[Row, ...]) -> None:
        """Show ``rows`` instead of what is shown."""
        if _keys(rows) == _keys(self._rows):
            self._renew(self._model.invisibleRootItem(), rows)
        else:
            kept, place = self.selected, self.verticalScrollBar().value()
            closed = {
                item.data(_KEY)
                for item in self._items(self._model.invisibleRootItem())
                if item.rowCount() and not self.isExpanded(self._shown.mapFromSource(item.index()))
            }
            self._model.removeRows(0, self._model.rowCount())
            self._fill(self._model.invisibleRootItem(), rows)
            self.expandAll()
            for item in self._items(self._model.invisibleRootItem()):
                if item.data(_KEY) in closed:
                    self.collapse(self._shown.mapFromSource(item.index()))
            if kept is not None:
                self.select(kept)
            self.verticalScrollBar().setValue(place)
            self.picked.emit()
        self._rows = rows
        self._fit_columns()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Let less important columns come and go with the width."""
        super().resizeEvent(event)
        self._fit_columns()

    def _fit_columns(self) -> None:
        header, room = self.header(), self.viewport().width() - _LEAST_STRETCH
        wanted = {
            column: min(_WIDEST, max(self.sizeHintForColumn(column), header.sectionSizeHint(column)))
            for column in range(self._columns)
            if column != self._stretch
        }
        hidden = set()
        for column in self._gives_way:
            if sum(width for number, width in wanted.items() if number not in hidden) <= room:
                break
            hidden.add(column)
        for column in self._gives_way:
            if self.isColumnHidden(column) != (column in hidden):
                self.setColumnHidden(column, column in hidden)

    def drawRow(self, painter: QPainter, option: QStyleOptionViewItem, index: _AnyIndex) -> None:  # noqa: N802
        """Paint what goes all across a row, from edge to edge whatever its indentation."""
        scheme, rect = colours(), QRectF(option.rect)
        if self.selectionModel().isRowSelected(index.row(), index.parent()):
            painter.fillRect(rect, QColor(scheme.selection))
        super().drawRow(painter, option, index)
        painter.fillRect(QRectF(rect.left(), rect.bottom() - 0.5, rect.width(), 1), QColor(scheme.line))

    def _items(self, parent: QStandardItem) -> Iterator[QStandardItem]:
        for number in range(parent.rowCount()):
            item = parent.child(number, 0)
            yield item
            yield from self._items(item)

    def _fill(self, parent: QStandardItem, rows: tuple[Row, ...]) -> None:
        for row in rows:
            items = [QStandardItem() for _ in row.cells]
            for item, cell in zip(items, row.cells, strict=True):
                _say(item, cell)
                item.setData(row.strong, _STRONG)
            items[0].setData(row.key, _KEY)
            parent.appendRow(items)
            self._fill(items[0], row.children)

    def _renew(self, parent: QStandardItem, rows: tuple[Row, ...]) -> None:
        for number, row in enumerate(rows):
            for column, cell in enumerate(row.cells):
                item = parent.child(number, column)
                if item.data(_CELL) != cell:
                    _say(item, cell)
            self._renew(parent.child(number, 0), row.children)


def _say(item: QStandardItem, cell: Cell) -> None:
    item.setData(cell, _CELL)
    item.setText(cell.text)
    item.setToolTip(cell.tip)
    item.setData(cell.spoken or cell.text, Qt.ItemDataRole.AccessibleTextRole)


def _keys(rows: tuple[Row, ...]) -> tuple[object, ...]:
    return tuple((row.key, _keys(row.children)) for row in rows)
