/** Puts the pieces together: look, cache of reads, and who may see what. */
import { Center, Loader, MantineProvider, Stack } from "@mantine/core";
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { BrowserRouter, Route, Routes } from "react-router";
import { base } from "./api/client";
import { ApiProblem, isAway } from "./api/problem";
import { useMe } from "./api/queries";
import { nonce } from "./nonce";
import { ChoosePassword } from "./pages/sign-in/ChoosePassword";
import { SignIn } from "./pages/sign-in/SignIn";
import { Rooms } from "./Rooms";
import { theme, variables } from "./theme";
import { Loaded } from "./widgets/Loaded";

/**
 * A session that has ended sends the reader back to the sign-in page, and what was read for them is forgotten. One that
 * goes on under another cookie does not: a read that was under way then is refused, and who is signed in is asked anew.
 */
function noticeEnd(error: unknown): void {
  if (!(error instanceof ApiProblem) || error.status !== 401) return;
  void cache.invalidateQueries({ queryKey: ["me"] }).then(() => {
    if (cache.getQueryData(["me"]) === null) cache.removeQueries({ predicate: (query) => query.queryKey[0] !== "me" });
  });
}

const cache: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noticeEnd }),
  mutationCache: new MutationCache({
    onError: (error, _given, _context, mutation) => {
      if (mutation.options.mutationKey?.[0] !== "sign-in") noticeEnd(error);
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 1_000,
      // What the server has said no to is not asked again by itself; what it could not be asked is.
      retry: (failures, error) => isAway(error) && failures < 2,
      // A page that was opened while the database was away fills by itself when it is back.
      refetchInterval: (query) => (isAway(query.state.error) ? 5_000 : false),
    },
  },
});

function Door() {
  const me = useMe();
  if (me.data === null) return <SignIn />;
  if (me.data) return <Rooms me={me.data} />;
  return (
    <Center mih="100vh" p="md">
      {me.isError || me.failureCount > 0 ? <Stack maw={460}><Loaded read={me}>{() => null}</Loaded></Stack> : <Loader aria-label="Loading" />}
    </Center>
  );
}

export function App() {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <QueryClientProvider client={cache}>
        <BrowserRouter basename={base === "" ? "/" : base}>
          <Routes>
            <Route path="password" element={<ChoosePassword />} />
            <Route path="*" element={<Door />} />
          </Routes>
        </BrowserRouter>
      </QueryClientProvider>
    </MantineProvider>
  );
}
