/** Reads, as hooks: what is fetched, how long it is fresh, what is polled while it changes. */
import { keepPreviousData, queryOptions, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { get, remember } from "./client";
import { ApiProblem } from "./problem";
import type {
  Account, AppUser, AuditPage, Connection, Connector, Container, Egress, EventPage, Explanation, FieldSpec, Hold, Integration, ItemDetail,
  ItemPage, ItemType, Me, Overview, Person, PreviewPage, Privacy, Run, Session, SignInRules, Token, User, Webhook,
} from "./types";

const LIVE = 2_000;
const SLOW = 5_000;
const FRESH = 60_000;

/** Who is signed in; null: nobody. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async (): Promise<Me | null> => {
    try {
      const me = await get<Me>("/session");
      remember(me);
      return me;
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: FRESH,
});

export const useMe = () => useQuery(meQuery);
export const useOverview = () =>
  useQuery({ queryKey: ["overview"], queryFn: () => get<Overview>("/overview"), refetchInterval: LIVE });

export const useConnectors = () =>
  useQuery({ queryKey: ["connectors"], queryFn: () => get<Connector[]>("/connectors"), staleTime: Infinity });
export const useConnections = () =>
  useQuery({ queryKey: ["connections"], queryFn: () => get<Connection[]>("/connections") });
export const useConnection = (id: string) =>
  useQuery({ queryKey: ["connections", id], queryFn: () => get<Connection>(`/connections/${id}`), enabled: id !== "" });
/** Whether the app may call, and what came by it. */
export const useWebhook = (connection: string) =>
  useQuery({ queryKey: ["webhook", connection], queryFn: () => get<Webhook>(`/connections/${connection}/webhook`), refetchInterval: SLOW });

/** What an app itself says; asked through the connection, so it may take a moment or fail. */
export const useContainers = (connection: string) =>
  useQuery({
    queryKey: ["app", connection, "containers"],
    queryFn: ({ signal }) => get<Container[]>(`/connections/${connection}/containers`, {}, signal),
    enabled: connection !== "",
    staleTime: FRESH,
  });
export const useItemTypes = (connection: string, container: string) =>
  useQuery({
    queryKey: ["app", connection, "types", container],
    queryFn: ({ signal }) => get<ItemType[]>(`/connections/${connection}/types`, { container }, signal),
    enabled: connection !== "" && container !== "",
    staleTime: FRESH,
  });
export const fieldsQuery = (connection: string, container: string, type: string) =>
  queryOptions({
    queryKey: ["app", connection, "fields", container, type],
    queryFn: ({ signal }) => get<FieldSpec[]>(`/connections/${connection}/fields`, { container, type }, signal),
    enabled: connection !== "" && container !== "" && type !== "",
    staleTime: FRESH,
  });
export const useFields = (connection: string, container: string, type: string) =>
  useQuery(fieldsQuery(connection, container, type));
export const useLinkKinds = (connection: string, container: string) =>
  useQuery({
    queryKey: ["app", connection, "links", container],
    queryFn: ({ signal }) => get<string[]>(`/connections/${connection}/links`, { container }, signal),
    enabled: connection !== "" && container !== "",
    staleTime: FRESH,
  });
export const useAppUsers = (connection: string, container: string) =>
  useQuery({
    queryKey: ["app", connection, "users", container],
    queryFn: ({ signal }) => get<AppUser[]>(`/connections/${connection}/users`, { container }, signal),
    enabled: connection !== "" && container !== "",
    staleTime: FRESH,
  });

export const useIntegrations = () =>
  useQuery({ queryKey: ["integrations"], queryFn: () => get<Integration[]>("/integrations") });
export const useIntegration = (id: string) =>
  useQuery({
    queryKey: ["integrations", id],
    queryFn: () => get<Integration>(`/integrations/${id}`),
    enabled: id !== "",
    refetchInterval: SLOW,
  });

export const useRuns = (integration: string, limit = 50) =>
  useQuery({
    queryKey: ["runs", integration, limit],
    queryFn: () => get<Run[]>("/runs", { integration, limit }),
    refetchInterval: LIVE,
  });
export const useRun = (id: string) =>
  useQuery({
    queryKey: ["run", id],
    queryFn: () => get<Run>(`/runs/${id}`),
    refetchInterval: (query) => (query.state.data?.state === "running" ? 1_000 : false),
  });
/** The lines of a run, page after page; the last page is read again while the run goes on. */
export const useRunEvents = (id: string) =>
  useInfiniteQuery({
    queryKey: ["run", id, "events"],
    queryFn: ({ pageParam }) => get<EventPage>(`/runs/${id}/events`, { after: pageParam, limit: 200 }),
    initialPageParam: 0,
    getNextPageParam: (page) => (page.events.length === 200 ? page.next : undefined),
  });

/** What a preview showed, page after page; of one action only, if named. */
export const useRunPreview = (id: string, action = "") =>
  useInfiniteQuery({
    queryKey: ["run", id, "preview", action],
    queryFn: ({ pageParam }) => get<PreviewPage>(`/runs/${id}/preview`, { after: pageParam, limit: 200, action }),
    initialPageParam: 0,
    getNextPageParam: (page) => (page.lines.length === 200 ? page.next : undefined),
  });

export const useItems = (integration: string, q: string, state: string) =>
  useInfiniteQuery({
    queryKey: ["items", integration, q, state],
    queryFn: ({ pageParam }) => get<ItemPage>("/items", { integration, q, state, after: pageParam }),
    initialPageParam: "",
    getNextPageParam: (page) => (page.next === "" ? undefined : page.next),
    placeholderData: keepPreviousData,
    refetchInterval: SLOW,
  });
export const useItem = (id: string) =>
  useQuery({ queryKey: ["item", id], queryFn: () => get<ItemDetail>(`/items/${id}`), refetchInterval: SLOW });
export const useHolds = (integration: string) =>
  useQuery({
    queryKey: ["holds", integration],
    queryFn: () => get<Hold[]>("/holds", { integration }),
    refetchInterval: SLOW,
  });

/** Asked of the apps themselves, so it may take a moment; never by itself again. */
export const useExplanation = (key: string) =>
  useQuery({
    queryKey: ["explain", key],
    queryFn: ({ signal }) => get<Explanation>("/explain", { key }, signal),
    enabled: key !== "",
    refetchOnWindowFocus: false,
  });

export const usePeople = () => useQuery({ queryKey: ["people"], queryFn: () => get<Person[]>("/people") });
export const usePrivacy = () => useQuery({ queryKey: ["privacy"], queryFn: () => get<Privacy>("/privacy") });
export const useUsers = () => useQuery({ queryKey: ["users"], queryFn: () => get<User[]>("/users") });
export const useSignInRules = () => useQuery({ queryKey: ["sign-in-rules"], queryFn: () => get<SignInRules>("/sign-in-rules") });
export const useAccount = () => useQuery({ queryKey: ["account"], queryFn: () => get<Account>("/account") });
export const useSessions = () => useQuery({ queryKey: ["sessions"], queryFn: () => get<Session[]>("/account/sessions") });
export const useTokens = () => useQuery({ queryKey: ["tokens"], queryFn: () => get<Token[]>("/tokens") });
export const useEgress = () =>
  useQuery({ queryKey: ["egress"], queryFn: () => get<Egress[]>("/egress"), refetchInterval: SLOW });
export const useAudit = () =>
  useInfiniteQuery({
    queryKey: ["audit"],
    queryFn: ({ pageParam }) => get<AuditPage>("/audit", { before: pageParam, limit: 100 }),
    initialPageParam: 0,
    getNextPageParam: (page) => (page.next === 0 ? undefined : page.next),
  });
