/** The two sides beside each other, a line per field, what differs marked by colour and by word. */
import { Text } from "@mantine/core";
import type { Document, FieldValue, ItemDetail, ItemSide, Side } from "../../api/types";
import { DirectionMark } from "../../widgets/DirectionPick";
import { AppLink } from "../../widgets/Linked";
import { SideName } from "../../widgets/SideName";
import { type Row, rows } from "./rows";

export function SidesTable({ item, document }: { item: ItemDetail; document: Document | undefined }) {
  return (
    <div className="sides" role="table" aria-label="Both sides">
      <div className="sides-row sides-head" role="row">
        <span role="columnheader" className="sides-label"><span className="visually-hidden">Field</span></span>
        <Head side="left" of={item.left} />
        <span role="columnheader" className="sides-way"><span className="visually-hidden">Direction</span></span>
        <Head side="right" of={item.right} />
      </div>
      {rows(item, document).map((row) => <Line key={row.key} row={row} />)}
    </div>
  );
}

function Head({ side, of }: { side: Side; of: ItemSide | null }) {
  return (
    <div role="columnheader" className="sides-cell">
      <SideName side={side} fw={600}>{of?.name ?? (side === "left" ? "Left" : "Right")}</SideName>{" "}
      {of ? <AppLink url={of.url}>{of.key}</AppLink> : <Text span c="dimmed">no twin yet</Text>}
    </div>
  );
}

function Line({ row }: { row: Row }) {
  const other = row.left && row.right && row.left.label !== row.right.label ? row.right.label : "";
  return (
    <div className={row.apart === "" ? "sides-row" : "sides-row differs"} role="row">
      <div role="rowheader" className="sides-label">
        <Text fw={550}>{row.label}</Text>
        {other !== "" && <Text size="xs" c="dimmed">{other}</Text>}
        {row.apart !== "" && <Text size="xs" className="differs-word">differs</Text>}
      </div>
      <div role="cell" className="sides-cell"><Shown field={row.left} /></div>
      <div role="cell" className="sides-way">{row.mapping ? <DirectionMark direction={row.mapping.direction} /> : <span className="visually-hidden">does not travel</span>}</div>
      <div role="cell" className="sides-cell"><Shown field={row.right} /></div>
      {row.apart !== "" && <Text role="cell" size="xs" className="sides-apart">{row.apart}</Text>}
    </div>
  );
}

function Shown({ field }: { field: FieldValue | undefined }) {
  if (!field) return null;
  if (field.shown === "") return <Text c="dimmed">empty</Text>;
  return <Text className={field.kind === "rich_text" ? "rich" : "wrap"} component="div">{field.shown}</Text>;
}
