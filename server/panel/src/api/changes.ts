/** Changes, as hooks: what is sent, and which reads are stale afterwards. */
import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { post, put, remember, remove } from "./client";
import type {
  Account, Connection, ConnectionIn, ConnectionTrial, Document, FactorSetup, Integration, IntegrationIn, MatchRule, Me, PasswordLink, Person, Precedence, Privacy, RecoveryCodes, Side, SideSettings, SignInRules, Suggestion,
  TokenMade, User, UserChange, UserIn, UserMade, Verdict, WebhookMade,
} from "./types";

/** A change after which everything under these keys is read again. */
function useChange<Given, Reply>(act: (given: Given) => Promise<Reply>, ...stale: string[]) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: async () => {
      await Promise.all([...stale, "overview"].map((key) => cache.invalidateQueries({ queryKey: [key] })));
    },
  });
}

/** What was read for one person is not shown to another. */
function enter(cache: QueryClient, me: Me | null): void {
  remember(me);
  cache.removeQueries({ predicate: (query) => query.queryKey[0] !== "me" });
  cache.setQueryData(["me"], me);
}

export function useSignIn() {
  const cache = useQueryClient();
  return useMutation({
    mutationKey: ["sign-in"],
    mutationFn: (given: { login: string; password: string; code: string }) => post<Me>("/session", given),
    onSuccess: (me) => enter(cache, me),
  });
}

export function useSignOut() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => remove("/session"),
    onSuccess: () => enter(cache, null),
  });
}

/** Saves, then tests what was saved, so that the connection knows its app and account; the test's verdict is no error. */
export const useSaveConnection = (id: string | null) =>
  useChange(
    async (given: ConnectionIn): Promise<{ connection: Connection; verdict: Verdict }> => {
      const connection = await (id === null ? post<Connection>("/connections", given) : put<Connection>(`/connections/${id}`, given));
      return { connection, verdict: await post<Verdict>(`/connections/${connection.id}/test`) };
    },
    "connections",
    "app",
  );
export const useTryConnection = () =>
  useMutation({ mutationFn: (given: ConnectionTrial) => post<Verdict>("/connections/test", given) });
export const useTestConnection = () =>
  useChange((id: string) => post<Verdict>(`/connections/${id}/test`), "connections", "app");
export const useDeleteConnection = () => useChange((id: string) => remove(`/connections/${id}`), "connections", "app");
/** The reply holds the address, this once; an address that was there ends. */
export const useMakeWebhook = () =>
  useChange((connection: string) => post<WebhookMade>(`/connections/${connection}/webhook`), "webhook");
export const useRemoveWebhook = () =>
  useChange((connection: string) => remove(`/connections/${connection}/webhook`), "webhook");

export const useSuggest = () =>
  useMutation({
    mutationFn: (given: { left: SideSettings; right: SideSettings }) =>
      post<Suggestion>("/integrations/suggest", given),
  });
export const useSaveIntegration = (id: string | null) =>
  useChange(
    (given: IntegrationIn) =>
      id === null ? post<Integration>("/integrations", given) : put<Integration>(`/integrations/${id}`, given),
    "integrations",
  );
export const useDriveIntegration = () =>
  useChange(
    ({ id, verb }: { id: string; verb: "start" | "pause" | "run" | "scan" | "dry-run" | "release" }) => post(`/integrations/${id}/${verb}`),
    "integrations",
    "runs",
  );
/** Asks which items are on both sides already; the answer is a run's preview. */
export const useMatch = () =>
  useChange(
    ({ id, rules }: { id: string; rules: MatchRule[] }) => post<Integration>(`/integrations/${id}/match`, { rules: { rules } }),
    "integrations",
    "runs",
  );
export const useJoin = () =>
  useChange(
    ({ id, ...given }: { id: string; preview: string; wins: Precedence }) => post<Integration>(`/integrations/${id}/join`, given),
    "integrations",
    "runs",
    "run",
  );
export const useRealign = () =>
  useChange(
    ({ id, ...given }: { id: string; wins: Precedence; dry: boolean; document?: Document }) => post<Integration>(`/integrations/${id}/reconcile`, given),
    "integrations",
    "runs",
    "run",
  );
export const useDeleteIntegration = () =>
  useChange((id: string) => remove(`/integrations/${id}`), "integrations", "runs", "items", "holds");

export const useCancelRun = () => useChange((id: string) => post(`/runs/${id}/cancel`), "runs", "run", "integrations");
export const useRetry = () =>
  useChange(
    (given: { integration: string; items?: { side: "left" | "right"; item_id: string }[] }) =>
      post<{ count: number }>("/holds/retry", given),
    "holds",
    "item",
  );

export const useUndo = () =>
  useChange(
    ({ id, ...given }: { id: string; delete: boolean; dry: boolean }) => post(`/runs/${id}/undo`, given),
    "runs",
    "item",
  );
export const useResync = () =>
  useChange(
    ({ integration, ...given }: { integration: string; pairs: string[]; hard: boolean; side?: Side; dry: boolean }) =>
      post(`/integrations/${integration}/resync`, given),
    "runs",
    "item",
  );

export const useSavePeople = () => useChange((given: Person[]) => put<Person[]>("/people", given), "people");
export const useSavePrivacy = () => useChange((given: { sealed: boolean }) => put<Privacy>("/privacy", given), "privacy");
export const useAddUser = () => useChange((given: UserIn) => post<UserMade>("/users", given), "users");
export const useDeleteUser = () => useChange((id: string) => remove(`/users/${id}`), "users");
export const useChangeUser = () => useChange(({ id, ...given }: UserChange & { id: string }) => put<User>(`/users/${id}`, given), "users");
export const usePasswordLink = () => useChange((id: string) => post<PasswordLink>(`/users/${id}/password-link`), "users");
export const useDropFactor = () => useChange((id: string) => remove(`/users/${id}/second-factor`), "users");
export const useSetSignInRules = () =>
  useChange((needed: boolean) => put<SignInRules>("/sign-in-rules", { second_factor_for_admins: needed }), "sign-in-rules");

interface Proof {
  current: string;
  code: string;
}

/** A change of one's own way in: the session goes on under another token, which every later change has to carry. */
function useWayIn<Given, Reply extends { csrf: string }>(act: (given: Given) => Promise<Reply>) {
  return useChange(
    async (given: Given) => {
      const reply = await act(given);
      if (reply.csrf !== "") remember(reply);
      return reply;
    },
    "me",
    "account",
    "sessions",
  );
}
export const useChangePassword = () =>
  useWayIn((given: { current: string; password: string; revoke_tokens: boolean }) => put<Me>("/account/password", given));
export const useChangeAccount = () =>
  useChange((given: { name: string; email: string; current: string }) => put<Account>("/account", given), "account", "me");
export const useSetUpFactor = () => useMutation({ mutationFn: (given: Proof) => post<FactorSetup>("/account/second-factor", given) });
export const useConfirmFactor = () => useWayIn((code: string) => post<RecoveryCodes>("/account/second-factor/confirm", { code }));
export const useRemoveFactor = () => useWayIn((given: Proof) => post<Me>("/account/second-factor/remove", given));
export const useNewCodes = () => useChange((given: Proof) => post<RecoveryCodes>("/account/recovery-codes", given), "account");
export const useEndSession = () => useChange((id: string) => remove(`/account/sessions/${id}`), "sessions");
export const useEndSessions = () => useChange((keep: boolean) => remove(`/account/sessions?keep_this=${keep}`), "sessions", "me");
export const useChoosePassword = () =>
  useMutation({
    mutationKey: ["sign-in"],
    mutationFn: (given: { token: string; password: string; revoke_tokens: boolean }) => post<{ login: string }>("/password", given),
  });
export const useAddToken = () =>
  useChange(
    (given: { name: string; expires_in_days: number | null }) => post<TokenMade>("/tokens", given),
    "tokens",
  );
export const useDeleteToken = () => useChange((id: string) => remove(`/tokens/${id}`), "tokens");
