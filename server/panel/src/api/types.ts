/** The words of the API under short names; the generated schema is their only source. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Me = Schemas["Me"];
export type Overview = Schemas["Overview"];
export type SyncState = Schemas["SyncOut"];
export type IntegrationSummary = Schemas["IntegrationSummary"];
export type Connector = Schemas["ConnectorOut"];
export type Setting = Schemas["SettingOut"];
export type Connection = Schemas["ConnectionOut"];
export type ConnectionIn = Schemas["ConnectionIn"];
export type ConnectionTrial = Schemas["ConnectionTrial"];
export type Verdict = Schemas["ConnectionVerdict"];
export type Container = Schemas["ContainerOut"];
export type ItemType = Schemas["ItemTypeOut"];
export type FieldSpec = Schemas["FieldSpec"];
export type AppUser = Schemas["AppUser"];
export type Integration = Omit<Schemas["IntegrationOut"], "document"> & { document: Document };
export type IntegrationIn = Schemas["IntegrationIn"];
/** The server fills in every default, so a document that it sent is whole. */
export type Document = Required<Schemas["Document"]>;
export type TypeMapping = Schemas["TypeMapping"];
export type FieldMapping = Schemas["FieldMapping"];
export type ValueMapping = Schemas["ValueMapping"];
export type Direction = Schemas["Direction"];
export type ConflictPolicy = Schemas["ConflictPolicy"];
export type PrivateComments = Schemas["PrivateComments"];
export type Suggestion = Omit<Schemas["Suggestion"], "document"> & { document: Document };
export type SideSettings = Schemas["SideSettings"];
export type Run = Schemas["RunOut"];
export type HistoryEvent = Schemas["EventOut"];
export type EventPage = Schemas["EventPage"];
export type ItemRow = Schemas["ItemRow"];
export type ItemPage = Schemas["ItemPage"];
export type ItemDetail = Schemas["ItemDetail"];
export type ItemSide = Schemas["ItemSide"];
export type FieldValue = Schemas["FieldValue"];
export type Hold = Schemas["HoldOut"];
export type Person = Schemas["Person"];
export type User = Schemas["UserOut"];
export type UserIn = Schemas["UserIn"];
export type UserMade = Schemas["UserMade"];
export type Token = Schemas["TokenOut"];
export type TokenMade = Schemas["TokenMade"];
export type AuditPage = Schemas["AuditPage"];
export type Egress = Schemas["EgressOut"];
export type Side = "left" | "right";
